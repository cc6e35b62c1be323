#include "client/transparency/log_audit.h"

#include <algorithm>
#include <utility>

#include "client/e2e/hash.h"
#include "client/e2e/rekey.h"
#include "common/codes.h"

namespace fastchat::client {

void LogAudit::run(Done done) {
  waiting_.push_back(std::move(done));
  turn_.wake();
}

void LogAudit::end(Result<LogAuditReport> result) {
  run_.reset();
  ++number_;
  asking_ = false;
  tries_ = 0;
  for (const Done& done : std::exchange(waiting_, {})) turn_.before_commit([done, result] { done(result); });
}

// Waits a moment after a question without an answer. Returns false, and ends the audit, after too many in a row.
bool LogAudit::retries() {
  ask_at_ = turn_.now_ms() + kAgainMs;
  turn_.wake();
  if (++tries_ < kTries) return true;
  end(err(Code::kLocalTimeout, "the server does not show its list of keys: try again later, and tell the operator"));
  return false;
}

void LogAudit::work() {
  if (waiting_.empty() || asking_ || turn_.now_ms() < ask_at_) return;
  if (!server_.attached()) {
    if (server_.ended()) end(err(Code::kLocalUnreachable, "not connected"));
    return;
  }
  if (!log_.kept()) {
    return end(err(Code::kNotAllowed, log_.pinned() ? "the server does not show the list of keys that this device knows"
                                                    : "this server keeps no list of keys that can be checked"));
  }
  if (!run_) return begin();
  if (run_->tree.size() < run_->report.head.size) return ask_leaves();
  ask_changes();
}

void LogAudit::begin() {
  if (!log_.usable()) {
    retries();
    return;
  }
  if (log_.head().size > kMaxLeaves) {
    return end(err(Code::kTooLarge, "the server's list of keys is longer than this program can check at once: " +
                                        describe_log_head(log_.head())));
  }
  run_.emplace();
  run_->report.head = log_.head();
  tries_ = 0;
  if (run_->report.head.size == 0) compare_root();
  turn_.wake();
}

void LogAudit::ask_leaves() {
  asking_ = true;
  v1::ClientFrame frame;
  frame.mutable_get_log_leaves()->set_from(run_->tree.size());
  server_.ask(std::move(frame), [this, number = number_](const Result<v1::ServerFrame*>& answer) {
    if (number == number_) on_leaves(answer);
  });
}

void LogAudit::on_leaves(const Result<v1::ServerFrame*>& answer) {
  asking_ = false;
  turn_.wake();
  if (!answer.ok() || !(*answer)->has_log_leaves() || (*answer)->log_leaves().leaves().empty()) {
    retries();
    return;
  }
  tries_ = 0;
  for (const v1::LogLeaf& leaf : (*answer)->log_leaves().leaves()) {
    if (run_->tree.size() == run_->report.head.size) break;
    run_->tree.append(log_leaf_hash(leaf));
    add(leaf);
  }
  if (run_->tree.size() == run_->report.head.size) compare_root();
}

void LogAudit::add(const v1::LogLeaf& leaf) {
  if (const auto known = run_->several.find(leaf.user()); known != run_->several.end()) {
    known->second.push_back(leaf.fpr());
    return;
  }
  const auto [only, first] = run_->only.emplace(leaf.user(), leaf.fpr());
  if (first) return;
  run_->several[leaf.user()] = {only->second, leaf.fpr()};
  run_->only.erase(only);
}

void LogAudit::compare_root() {
  LogAuditReport& report = run_->report;
  report.root_holds = run_->tree.root() == report.head.root;
  report.accounts = run_->only.size() + run_->several.size();
  if (report.root_holds) return;
  LogAlarm alarm;
  alarm.held = report.head;
  alarm.shown.size = run_->tree.size();
  alarm.shown.root = run_->tree.root();
  alarm.text = "ALARM: the keys that the server lists are not those that it signed: signed were " +
               describe_log_head(alarm.held) + "; listed are " + describe_log_head(alarm.shown) + ". " +
               kTwoListsAdvice;
  alarm.subject = e2e::concat({"leaves", alarm.held.root, alarm.shown.root});
  alarms_.raise(alarm);
}

// Asks for the changes of the next account with several keys, or ends.
void LogAudit::ask_changes() {
  auto next = run_->several.upper_bound(run_->checked);
  for (; next != run_->several.end() && next->second.back().empty(); ++next) {
    // The server shows nothing of a deleted account. A name is never given again.
    const auto ended = std::find(next->second.begin(), next->second.end(), Bytes());
    ended + 1 == next->second.end() ? void(++run_->report.deleted)
                                    : run_->report.unsigned_changes.push_back(next->first);
    run_->checked = next->first;
  }
  if (next == run_->several.end()) {
    auto alarms = this->alarms();
    if (!alarms.ok()) return end(alarms.error());
    run_->report.alarms = std::move(*alarms);
    return end(std::move(run_->report));
  }
  asking_ = true;
  v1::ClientFrame frame;
  frame.mutable_get_rekeys()->set_user(next->first);
  server_.ask(std::move(frame), [this, number = number_, user = next->first](const Result<v1::ServerFrame*>& answer) {
    if (number == number_) on_changes(user, answer);
  });
}

void LogAudit::on_changes(const std::string& user, const Result<v1::ServerFrame*>& answer) {
  asking_ = false;
  turn_.wake();
  if (!answer.ok() && is_temporary(answer.code())) {
    retries();
    return;
  }
  tries_ = 0;
  run_->checked = user;
  const bool holds =
      answer.ok() && (*answer)->has_rekeys() && one_line(user, run_->several.at(user), (*answer)->rekeys());
  holds ? void(++run_->report.changed) : run_->report.unsigned_changes.push_back(user);
}

// Returns true when the listed keys stand in the line of signed changes, in its order. One leaf may stand for several
// changes that were made at once, and the user may have changed the key since.
bool LogAudit::one_line(const std::string& user, const std::vector<Bytes>& leaves, const v1::Rekeys& rekeys) const {
  const auto line = e2e::follow_rekeys(account_.profile().realm, user, rekeys.first_public_key(),
                                       {rekeys.rekeys().begin(), rekeys.rekeys().end()});
  if (!line.ok()) return false;
  auto key = line->begin();
  for (const Bytes& fpr : leaves) {
    key = std::find_if(key, line->end(), [&](const e2e::PeerKey& k) { return k.fpr == fpr; });
    if (key == line->end()) return false;
    ++key;
  }
  return true;
}

void LogAudit::rolled_back(const Error& error) {
  if (!waiting_.empty()) end(error);
}

}  // namespace fastchat::client
