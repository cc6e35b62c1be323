#include "client/session/deletion.h"

#include <utility>

namespace fastchat::client {

void Deletion::begin(e2e::Secret password, Done done) {
  if (step_ != Step::kNone || !logins_.unlock.idle()) {
    return turn_.before_commit([done = std::move(done)] {
      done(err(Code::kLocalUsage, "another request about the account is under way: wait for its end"));
    });
  }
  step_ = Step::kChecking;
  password_ = std::move(password);
  done_ = std::move(done);
  logins_.unlock.check(password_, [this](const Result<>& r) {
    if (!r.ok()) return finish(r);
    // An earlier request may have ended the account: the login finds out.
    step_ = logins_.account_end.asked() || logins_.account_end.done() ? Step::kSettling : Step::kConnecting;
    turn_.wake();
  });
}

void Deletion::work() {
  if (step_ == Step::kConnecting && server_.ended()) return finish(err(Code::kLocalUnreachable, "not connected"));
  if (step_ == Step::kConnecting && server_.live() && !groups_.busy()) leave_groups();
  if (step_ != Step::kSettling || (server_.opened() && server_.engine().unaccepted() != 0)) return;
  step_ = Step::kEnding;
  turn_.before_commit([this] { logins_.login.delete_account(password_, [this](const Result<>& r) { finish(r); }); });
}

void Deletion::leave_groups() {
  const Result<std::vector<GroupInfo>> all = groups_.all();
  if (!all.ok()) return finish(all.error());
  std::string owned;
  to_leave_.clear();
  for (const GroupInfo& g : *all) {
    if (!g.member || g.deleted) continue;
    if (!g.admin_is_me) to_leave_.push_back(g.name);
    if (g.admin_is_me && g.members.size() > 1) owned += (owned.empty() ? "#" : ", #") + g.name;
  }
  if (!owned.empty()) {
    return finish(
        err(Code::kOwnsGroups,
            "you are the admin of groups with other members: hand each of them over, or delete it, first: " + owned));
  }
  step_ = Step::kLeaving;
  leave_next();
}

void Deletion::leave_next() {
  if (to_leave_.empty()) {
    step_ = Step::kSettling;
    return turn_.wake();
  }
  const std::string name = std::move(to_leave_.back());
  to_leave_.pop_back();
  editor_.leave(name, [this](const Result<>& r) {
    if (!r.ok() && r.code() != Code::kUnknownGroup) return finish(r);
    leave_next();
  });
}

void Deletion::finish(const Result<>& result) {
  step_ = Step::kNone;
  password_ = e2e::Secret();
  const Done done = std::exchange(done_, nullptr);
  turn_.before_commit([done, result] { done(result); });
}

}  // namespace fastchat::client
