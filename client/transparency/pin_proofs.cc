#include "client/transparency/pin_proofs.h"

#include <algorithm>

#include "client/e2e/hash.h"
#include "common/merkle.h"

namespace fastchat::client {

Result<> PinProofs::load() {
  auto proven = table_.proven();
  if (!proven.ok()) return proven.error();
  proven_ = std::move(*proven);
  seen_ = 0;
  return Unit{};
}

void PinProofs::attached() {
  ++session_;
  asking_ = false;
  doubts_.clear();
  seen_ = 0;
  ask_at_ = turn_.now_ms();
}

void PinProofs::forget() {
  proven_.clear();
  doubts_.clear();
  seen_ = 0;
  if (turn_.begin()) turn_.check(table_.forget_proven());
}

// Returns the fingerprint that the log has to have; empty when there is none, or while the person has to decide about
// an offered key.
Bytes PinProofs::key_of(const std::string& user) const {
  if (user == account_.profile().user) return account_.secrets().identity.fpr();
  const Pin* pin = pins_.get(user);
  return pin == nullptr || !pin->offered_spki.empty() ? Bytes() : pin->key.fpr;
}

// Returns the next names to ask for, in bytewise order.
std::vector<std::string> PinProofs::next_names() const {
  std::set<std::string> names;
  const auto add = [&](const std::string& user) {
    const Bytes key = key_of(user);
    const auto proven = proven_.find(user);
    const auto doubted = doubts_.find(user);
    const bool asks = doubted == doubts_.end() || doubted->second == Doubt::kAskAgain;
    if (!key.empty() && asks && (proven == proven_.end() || proven->second != key)) names.insert(user);
  };
  add(account_.profile().user);
  for (const auto& [user, pin] : pins_.all()) {
    if (names.size() == kMaxNames) break;
    add(user);
  }
  return {names.begin(), names.end()};
}

void PinProofs::work() {
  if (asking_ || !log_.usable() || !account_.unlocked() || turn_.now_ms() < ask_at_) return;
  if (seen_ == pins_.generation() + 1) return;
  const std::vector<std::string> names = next_names();
  if (names.empty()) {
    seen_ = pins_.generation() + 1;
    return;
  }
  asking_ = true;
  v1::ClientFrame frame;
  for (const std::string& user : names) frame.mutable_get_log_proofs()->add_users(user);
  server_.ask(std::move(frame), [this, session = session_, names](const Result<v1::ServerFrame*>& answer) {
    if (session == session_) on_proofs(names, answer);
  });
}

// Has the head of the answer joined to the newest one before the proofs count.
void PinProofs::on_proofs(const std::vector<std::string>& names, const Result<v1::ServerFrame*>& answer) {
  ask_at_ = turn_.now_ms() + KeyLog::kRetryMs;
  asking_ = false;
  turn_.wake();
  if (!answer.ok() || !(*answer)->has_log_proofs()) return;
  const v1::LogProofs& proofs = (*answer)->log_proofs();
  const LogHead head = log_head_of(proofs.head());
  if (!log_.holds(head)) {
    log_.wrongly_signed(head);
    return;
  }
  if (head.size == log_.head().size && head.root == log_.head().root) return judge(names, proofs, LogFit::kFits);
  asking_ = true;
  log_.fit({head}, [this, session = session_, names, proofs](const std::vector<LogFit>& fits) {
    if (session != session_) return;
    asking_ = false;
    judge(names, proofs, fits.front());
  });
}

void PinProofs::judge(const std::vector<std::string>& names, const v1::LogProofs& proofs, LogFit fit) {
  const LogHead head = log_head_of(proofs.head());
  if (fit == LogFit::kNoAnswer || fit == LogFit::kNotYet) return;
  if (fit != LogFit::kFits) {
    LogAlarm alarm;
    alarm.text = "ALARM: the server showed two lists of keys that do not fit: " + describe_log_head(log_.head()) +
                 ", and " + describe_log_head(head) + ". " + kTwoListsAdvice;
    alarm.subject = e2e::concat({"two lists", log_.head().root, head.root});
    alarm.held = log_.head();
    alarm.shown = head;
    alarms_.raise(alarm);
    return;
  }
  for (const std::string& user : names) {
    const auto found = std::find_if(proofs.proofs().begin(), proofs.proofs().end(),
                                    [&](const v1::LogProof& proof) { return proof.leaf().user() == user; });
    if (!judge_one(user, found == proofs.proofs().end() ? nullptr : &*found, head)) return;
  }
  ask_at_ = turn_.now_ms();
  turn_.wake();
}

bool PinProofs::judge_one(const std::string& user, const v1::LogProof* proof, const LogHead& head) {
  const Bytes key = key_of(user);
  if (key.empty()) return true;  // it changed meanwhile
  const bool proves = proof != nullptr && proof->leaf().fpr() == key &&
                      merkle::verify_inclusion(log_leaf_hash(proof->leaf()), proof->index(), head.size,
                                               log_path_of(proof->path()), head.root);
  if (!proves) return doubt(user, key, proof, head);
  doubts_.erase(user);
  proven_[user] = key;
  return turn_.begin() && turn_.check(table_.put_proven(user, key));
}

// The user may just have changed the key, so the key is looked up again, and the log asked once more.
bool PinProofs::doubt(const std::string& user, const Bytes& key, const v1::LogProof* proof, const LogHead& head) {
  const auto [at, first] = doubts_.emplace(user, Doubt::kLookingUp);
  if (first) {
    if (user == account_.profile().user) {
      at->second = Doubt::kAskAgain;  // another device may have changed it; this session then ends soon
      return true;
    }
    look_ups_.forget(user);
    look_ups_.resolve(user, [this, user, session = session_](const Result<const Pin*>& found) {
      const auto doubted = doubts_.find(user);
      if (session != session_ || doubted == doubts_.end()) return;
      doubted->second = found.code() == Code::kUnknownUser ? Doubt::kOver : Doubt::kAskAgain;
      seen_ = 0;
      ask_at_ = turn_.now_ms() + kAgainMs;
      turn_.wake();
    });
    return true;
  }
  at->second = Doubt::kOver;
  const bool own = user == account_.profile().user;
  const std::string whose = own ? std::string("your") : user + "'s";
  const std::string has = proof == nullptr              ? "has no key of " + (own ? std::string("yours") : user)
                          : proof->leaf().fpr().empty() ? "says that the account of " + user + " was deleted"
                          : proof->leaf().fpr() != key  ? "has another key of " + user + " than the one shown to you"
                                                        : "gives no valid proof of " + whose + " key";
  LogAlarm alarm;
  alarm.text = "ALARM: the server's list of keys " + has +
               (own ? ". Somebody may write or read in your name: ask the operator"
                    : ". Somebody may read what you write to " + user + ": compare safety numbers (`fastchat verify " +
                          user + "`) before you write anything secret, and ask the operator");
  if (!own) alarm.peer = store::ConversationId::direct(user);
  alarm.subject = e2e::concat({"leaf", key, proof == nullptr ? Bytes() : log_leaf_hash(proof->leaf())});
  alarm.held = log_.head();
  alarm.shown = head;
  return alarms_.raise(alarm);
}

void PinProofs::rolled_back(const Error&) {
  (void)load();
  doubts_.clear();
  asking_ = false;
  ++session_;
  ask_at_ = turn_.now_ms() + KeyLog::kRetryMs;
}

int64_t PinProofs::next_wake() const {
  if (asking_ || !log_.usable() || seen_ == pins_.generation() + 1) return Loop::kNever;
  return ask_at_;
}

}  // namespace fastchat::client
