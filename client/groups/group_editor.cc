#include "client/groups/group_editor.h"

#include <algorithm>
#include <set>

#include "client/contacts/no_such_user.h"
#include "client/groups/no_such_group.h"
#include "common/codes.h"
#include "common/names.h"

namespace fastchat::client {
namespace {

constexpr int64_t kTryAgainMs = 1'000;
constexpr int64_t kOverBudgetRetryMs = 600'000;  // the server counts by days

// Returns true when the account has changed groups too often today, or the server has no room for more states.
bool is_over_budget(Code code) {
  return code == Code::kThrottled || code == Code::kStorageFull;
}

const char* kNameRule =
    "a group's name has 1 to 32 characters of a-z, 0-9, - and _, and begins with a letter or a digit";

std::string leaving_setting(ByteView group) {
  return "leave:" + to_hex(group);
}

}  // namespace

Result<> GroupEditor::load() {
  auto changes = groups_table_.changes();
  if (!changes.ok()) return changes.error();
  changes_.assign(changes->begin(), changes->end());
  return Unit{};
}

// Restores the changes from disk, which has them as they were before this turn.
void GroupEditor::rolled_back(const Error& error) {
  static_cast<void>(error);
  changing_.reset();
  (void)load();
}

int64_t GroupEditor::next_wake() const {
  if (!server_.attached() || changes_.empty() || changing_) return Loop::kNever;
  return std::max(retry_at_, turn_.now_ms() + 50);
}

bool GroupEditor::leaving(const Bytes& group) const {
  const Result<bool> kept = settings_.has(leaving_setting(group));
  return kept.ok() && *kept;
}

bool GroupEditor::set_leaving(const Bytes& group, bool now) {
  return turn_.check(settings_.put(leaving_setting(group), now ? "1" : ""));
}

bool GroupEditor::add(const Bytes& group, const GroupEdit& edit, const Done& done) {
  store::GroupChangeRow row;
  row.group = group;
  row.edit = encode_edit(edit);
  const bool known = std::any_of(changes_.begin(), changes_.end(),
                                 [&](const auto& c) { return c.group == row.group && c.edit == row.edit; });
  if (edit.renew && !done && known) return true;
  if (done) turn_.after_rollback(done);
  if (!turn_.begin()) return false;
  Result<int64_t> id = groups_table_.add_change(row);
  if (!turn_.check(id)) return false;
  row.id = *id;
  changes_.push_back(std::move(row));
  if (done) {
    done_[*id] = done;
    turn_.after_rollback([this, row = *id](const Error&) { done_.erase(row); });
    // Retries at once, so that everybody who waits gets the server's current answer.
    retry_at_ = 0;
  }
  turn_.wake();
  return true;
}

void GroupEditor::create(const std::string& name, std::vector<std::string> members, const Done& done) {
  auto refuse = [&](Code code, std::string why) {
    turn_.before_commit([done, e = err(code, std::move(why))] { done(e); });
  };
  if (!account_.unlocked()) return refuse(Code::kNotLoggedIn, "not logged in");
  if (!valid_group_handle(name)) return refuse(Code::kNameNotAllowed, kNameRule);
  for (const std::string& user : members) {
    if (!valid_user_name(user)) return refuse(Code::kUnknownUser, no_such_user(pins_, user).text);
  }
  GroupEdit edit;
  edit.rename = name;
  edit.add = std::move(members);
  add({}, edit, done);
}

void GroupEditor::change(const std::string& name, const GroupEdit& edit, const Done& done) {
  auto refuse = [&](Error e) { turn_.before_commit([done, e = std::move(e)] { done(e); }); };
  if (!account_.unlocked()) return refuse(err(Code::kNotLoggedIn, "not logged in"));
  const Bytes id = book().find_name(name);
  if (id.empty()) return refuse(no_such_group(book(), name));
  for (const std::string* text : {&edit.rename, &edit.hand_over_to}) {
    if (!text->empty() && !valid_group_handle(*text)) return refuse(err(Code::kNameNotAllowed, kNameRule));
  }
  for (const auto* users : {&edit.add, &edit.remove}) {
    for (const std::string& user : *users) {
      if (!valid_user_name(user)) {
        return refuse(no_such_user(pins_, user));
      }
    }
  }
  add(id, edit, done);
}

// Advances the first change. Called once a turn; acts while the session is live.
void GroupEditor::drive() {
  if (changes_.empty() || !server_.live()) return;
  if (changing_) {
    if (changing_->step == Changing::Step::kKeying && !keys_.busy()) pin_members();
    return;
  }
  if (retry_at_ > turn_.now_ms()) return;
  const store::GroupChangeRow& row = changes_.front();
  if (!row.group.empty() && row.state.empty() && !follower_.up_to_date(row.group)) return;
  changing_.emplace();
  if (!row.state.empty()) return ask_put();
  plan();
}

void GroupEditor::plan() {
  const store::GroupChangeRow& row = changes_.front();
  const GroupEdit edit = decode_edit(row.edit);
  const std::string& me = account_.profile().user;
  changing_->step = Changing::Step::kPinning;
  if (row.group.empty()) {
    std::set<std::string> members(edit.add.begin(), edit.add.end());
    members.insert(me);
    changing_->plan = {{members.begin(), members.end()}, edit.rename, me};
  } else {
    // A retried or unattended change may already be in effect; do not report that as an error.
    const bool lenient = !done_.contains(row.id) || row.key == "again";
    auto plan = plan_change(book(), row.group, edit, lenient);
    if (!plan.ok()) return end(plan.error());
    if (!plan->has_value()) return end(Unit{});
    if (edit.renew && !lists_former_keys(book(), row.group, pins_)) return end(Unit{});
    changing_->plan = std::move(**plan);
    changing_->epoch = book().current(row.group)->epoch;
  }
  changing_->unpinned = changing_->plan.members.size();
  const std::vector<std::string> members = changing_->plan.members;
  for (const std::string& user : members) {
    look_ups_.resolve(user, [this, id = row.id, user](const Result<const Pin*>& pin) {
      if (!changing_ || changes_.empty() || changes_.front().id != id) return;
      if (!pin.ok() && !keeps_key_of(user) && !changing_->failed) changing_->failed = pin.error();
      if (--changing_->unpinned == 0) pin_members();
    });
    if (!changing_) return;
  }
}

// Returns true when the change goes on with the pinned key of a member, although the server shows another one or does
// not answer. Nobody waits for the change: somebody left, who can read on until the next epoch.
bool GroupEditor::keeps_key_of(const std::string& user) const {
  const store::GroupChangeRow& row = changes_.front();
  const e2e::GroupState* now = row.group.empty() ? nullptr : book().current(row.group);
  if (now == nullptr || done_.contains(row.id) || pins_.get(user) == nullptr) return false;
  return std::any_of(now->members.begin(), now->members.end(), [&](const auto& m) { return m.user == user; });
}

// Starts a key pair for the epoch on the thread for slow work, once the key of every member is known.
void GroupEditor::pin_members() {
  if (changing_->failed) {
    const Error failed = *changing_->failed;
    if (!is_temporary(failed.code) || done_.contains(changes_.front().id)) return end(failed);
    changing_.reset();
    retry_at_ = turn_.now_ms() + kTryAgainMs;
    return;
  }
  changing_->step = Changing::Step::kKeying;
  if (keys_.busy()) return;
  KeyJob job;
  job.new_pair = true;
  changing_->step = Changing::Step::kAsking;
  keys_.start(std::move(job), [this, id = changes_.front().id](KeyAnswer& answer) {
    if (changing_ && !changes_.empty() && changes_.front().id == id && answer.pair) make_epoch(*answer.pair);
  });
}

void GroupEditor::make_epoch(const e2e::KeyPair& pair) {
  store::GroupChangeRow& row = changes_.front();
  const e2e::Identity& me = account_.secrets().identity;
  const GroupPlan& plan = changing_->plan;
  std::vector<e2e::GroupMember> members;
  Bytes admin_fpr;
  for (const std::string& user : plan.members) {
    const Bytes fpr = user == me.user() ? me.fpr() : pins_.get(user)->key.fpr;
    if (user == plan.admin) admin_fpr = fpr;
    members.push_back({user, fpr});
  }
  Result<e2e::GroupState> state = err(Code::kInternal, "");
  if (row.group.empty()) {
    state = e2e::create_group(me, plan.name, std::move(members), pair.public_key());
  } else {
    const e2e::GroupState& from = *book().current(row.group);
    if (from.epoch != changing_->epoch) {
      // Meanwhile the group has a newer epoch.
      row.key = "again";
      changing_.reset();
      return turn_.wake();
    }
    state = e2e::change_group(me, from, {std::move(members), plan.name, admin_fpr}, pair.public_key());
  }
  if (!state.ok()) return end(state.error());
  const e2e::Secret pkcs8 = pair.pkcs8();
  row.group = state->group_id;
  row.state = state->encoded;
  row.key = account_.box().seal(LocalPlace::group_change(row.id), pkcs8.view());
  if (!turn_.begin() || !turn_.check(groups_table_.make_change(row.id, row.group, row.state, row.key))) return;
  turn_.after_commit([this] { ask_put(); });
  turn_.wake();
}

void GroupEditor::ask_put() {
  if (!changing_) return;
  changing_->step = Changing::Step::kAsking;
  Result<e2e::GroupState> state = e2e::restore_own_group(changes_.front().state, account_.secrets().identity);
  if (!state.ok()) return end(state.error());
  v1::ClientFrame frame;
  v1::PutGroup& put = *frame.mutable_put_group();
  put.set_group_id(state->group_id);
  put.set_epoch(state->epoch);
  put.set_name(state->name);
  put.set_admin(state->admin_user());
  for (const e2e::GroupMember& m : state->members) put.add_members(m.user);
  put.set_state(state->encoded);
  server_.ask(std::move(frame), [this, id = changes_.front().id](const Result<v1::ServerFrame*>& answer) {
    if (changing_ && !changes_.empty() && changes_.front().id == id) on_put(answer);
  });
}

void GroupEditor::on_put(const Result<v1::ServerFrame*>& answer) {
  if (answer.ok()) return adopt();
  if (is_over_budget(answer.code())) return put_off(answer.error());
  if (is_temporary(answer.code())) {
    changing_.reset();
    retry_at_ = turn_.now_ms() + kTryAgainMs;
    turn_.wake();
    return;
  }
  store::GroupChangeRow& row = changes_.front();
  const Result<e2e::GroupState> refused = e2e::restore_own_group(row.state, account_.secrets().identity);
  const bool known = book().current(row.group) != nullptr;
  if (answer.code() != Code::kConflict || !known || !refused.ok()) return end(answer.error());
  // Another device of the admin was first. Its epoch is fetched, unless the hint came before this answer, and the
  // change is made on top of it.
  const Bytes group = row.group;
  row.state.clear();
  row.key = "again";
  if (!turn_.begin() || !turn_.check(groups_table_.make_change(row.id, group, {}, row.key))) return;
  follower_.changed(group, 0);
  changing_.reset();
  turn_.wake();
}

// Puts the changes off. The limit is the account's, not a group's, so every change that somebody waits for fails. An
// unattended change (somebody left) stays and is retried later.
void GroupEditor::put_off(const Error& error) {
  changing_.reset();
  retry_at_ = turn_.now_ms() + kOverBudgetRetryMs;
  if (!turn_.begin()) return;
  std::deque<store::GroupChangeRow> kept;
  for (store::GroupChangeRow& row : changes_) {
    auto node = done_.extract(row.id);
    if (node.empty()) {
      kept.push_back(std::move(row));
      continue;
    }
    const Done done = std::move(node.mapped());
    turn_.after_rollback(done);
    if (!turn_.check(groups_table_.drop_change(row.id))) return;
    turn_.after_commit([done, error] { done(error); });
  }
  changes_ = std::move(kept);
  turn_.wake();
}

void GroupEditor::adopt() {
  const store::GroupChangeRow& row = changes_.front();
  Result<e2e::Secret> pkcs8 = account_.box().open(LocalPlace::group_change(row.id), row.key);
  Result<e2e::GroupState> state = e2e::restore_own_group(row.state, account_.secrets().identity);
  if (!state.ok() || !pkcs8.ok()) return end(err(Code::kLocalDisk, "the local database is damaged: a group"));
  const Bytes id = state->group_id;
  const e2e::GroupState* held = book().current(id);
  std::optional<e2e::GroupState> before;
  if (held != nullptr) before = *held;
  // The hint of the change may have come before the answer, so the state may be followed already.
  const bool followed = before && before->epoch >= state->epoch;
  book().adopt(*state, std::nullopt, true);
  if (!epochs_.put(*state, pkcs8->view())) return;
  if (!followed) {
    for (const std::string& line : describe_step(before ? &*before : nullptr, *state, account_.profile().user)) {
      if (!events_.notice(id, line, state->hash)) return;
    }
  }
  if (!events_.moved(id)) return;
  send_key(*state, pkcs8->view());
  end(Unit{});
}

// Sends the key to every member, and to this user's other devices. A member who is not pinned here asks for the key.
void GroupEditor::send_key(const e2e::GroupState& state, ByteView pkcs8) {
  for (const e2e::GroupMember& m : state.members) {
    const Pin* pin = nullptr;
    if (m.user != account_.profile().user && (pin = pins_.get(m.user)) == nullptr) continue;
    events_.send_key(m.user, pin, {state.group_id, state.epoch, state.hash, e2e::Secret::copy_of(pkcs8)});
  }
}

void GroupEditor::end(const Result<>& result) {
  const int64_t id = changes_.front().id;
  changing_.reset();
  if (!turn_.begin() || !turn_.check(groups_table_.drop_change(id))) return;
  changes_.pop_front();
  turn_.wake();
  auto node = done_.extract(id);
  if (node.empty()) return;
  const Done done = std::move(node.mapped());
  turn_.after_rollback(done);
  turn_.after_commit([done, result] { done(result); });
}

void GroupEditor::leave(const std::string& name, const Done& done) {
  const Bytes id = book().find_name(name);
  auto refuse = [&](Code code, std::string why) {
    turn_.before_commit([done, e = err(code, std::move(why))] { done(e); });
  };
  if (id.empty()) return refuse(Code::kUnknownGroup, no_such_group(book(), name).text);
  if (book().membership(id) != Membership::kMember)
    return refuse(Code::kNotAllowed, "you are not a member of #" + name);
  if (book().info(id)->admin_is_me) {
    return refuse(Code::kNotAllowed, "you are the admin of #" + name + ": hand the group over first, or delete it");
  }
  // The leave is on disk first, so that the admin is told even when the server's answer gets lost.
  if (!turn_.begin() || !set_leaving(id, true)) return turn_.after_rollback(done);
  v1::ClientFrame frame;
  frame.mutable_leave_group()->set_group_id(id);
  server_.ask(std::move(frame), [this, id, done](const Result<v1::ServerFrame*>& answer) {
    if (!answer.ok()) {
      if (!is_temporary(answer.code())) set_leaving(id, false);
      return done(answer.error());
    }
    turn_.after_rollback(done);
    const Membership before = book().membership(id);
    if (before == Membership::kMember || before == Membership::kUnlisted) {
      book().set_membership(id, Membership::kLeft);
      if (!events_.left(id) || !events_.moved(id)) return;
    }
    if (!set_leaving(id, false)) return;
    turn_.after_commit([done] { done(Unit{}); });
  });
}

void GroupEditor::erase(const std::string& name, const Done& done) {
  const Bytes id = book().find_name(name);
  auto refuse = [&](Code code, std::string why) {
    turn_.before_commit([done, e = err(code, std::move(why))] { done(e); });
  };
  if (id.empty()) return refuse(Code::kUnknownGroup, no_such_group(book(), name).text);
  const GroupInfo info = *book().info(id);
  if (!info.admin_is_me) {
    return refuse(Code::kNotAllowed, info.member ? "only the admin (" + info.admin + ") can delete #" + name
                                                 : "you are not a member of #" + name);
  }
  v1::ClientFrame frame;
  frame.mutable_delete_group()->set_group_id(id);
  server_.ask(std::move(frame), [this, id, done](const Result<v1::ServerFrame*>& answer) {
    if (!answer.ok()) return done(answer.error());
    turn_.after_rollback(done);
    if (book().membership(id) == Membership::kMember) {
      book().set_membership(id, Membership::kDeleted);
      if (!events_.notice(id, "you deleted the group", id) || !events_.moved(id)) return;
    }
    turn_.after_commit([done] { done(Unit{}); });
  });
}

}  // namespace fastchat::client
