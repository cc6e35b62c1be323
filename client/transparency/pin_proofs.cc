#include "client/transparency/pin_proofs.h"

#include <algorithm>

#include "client/e2e/hash.h"
#include "common/merkle.h"

namespace fastchat::client {
namespace {

constexpr size_t kNamesTold = 3;

// Returns "the keys of 5 contacts (bob, carol, dave, ...) are", for people.
std::string whose_keys(const std::vector<std::string>& users) {
  if (users.empty()) return "your own key is";
  if (users.size() == 1) return "the key of " + users.front() + " is";
  std::string out = "the keys of " + std::to_string(users.size()) + " contacts (";
  for (size_t i = 0; i < std::min(users.size(), kNamesTold); ++i) out += (i == 0 ? "" : ", ") + users[i];
  return out + (users.size() > kNamesTold ? ", ...) are" : ") are");
}

}  // namespace

Result<> PinProofs::load() {
  auto proven = table_.proven();
  if (!proven.ok()) return proven.error();
  proven_ = std::move(*proven);
  const auto since = table_.unproven_since();
  if (!since.ok()) return since.error();
  unproven_since_ = *since;
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

// Returns true when the key of this user is in the log, or no key of the user has to be.
bool PinProofs::proves(const std::string& user) const {
  const Bytes key = key_of(user);
  const auto proven = proven_.find(user);
  return key.empty() || (proven != proven_.end() && proven->second == key);
}

// Returns the next names to ask for, in bytewise order.
std::vector<std::string> PinProofs::next_names() const {
  std::set<std::string> names;
  const auto add = [&](const std::string& user) {
    const auto doubted = doubts_.find(user);
    const bool asks =
        doubted == doubts_.end() || doubted->second == Doubt::kAskAgain || doubted->second == Doubt::kAskOfUnknown;
    if (asks && !proves(user)) names.insert(user);
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
  reopen_found();
  if (seen_ == pins_.generation() + 1) return;
  const std::vector<std::string> names = next_names();
  if (names.empty()) {
    seen_ = pins_.generation() + 1;
    settled();
    return;
  }
  asking_ = true;
  v1::ClientFrame frame;
  for (const std::string& user : names) frame.mutable_get_log_proofs()->add_users(user);
  server_.ask(std::move(frame), [this, session = session_, names](const Result<v1::ServerFrame*>& answer) {
    if (session == session_) on_proofs(names, answer);
  });
}

// Asks the log again about users whom the server did not know and shows now. A name is given once, so the log has to
// have their keys.
void PinProofs::reopen_found() {
  for (auto& [user, doubt] : doubts_) {
    if (doubt != Doubt::kUnknown || !look_ups_.compared(user)) continue;
    doubt = Doubt::kAskAgain;
    seen_ = 0;
  }
}

// Notes that nothing is left to ask. Joins the turn when that is new.
void PinProofs::settled() {
  const bool looks_up =
      std::any_of(doubts_.begin(), doubts_.end(), [](const auto& d) { return d.second == Doubt::kLookingUp; });
  if (unproven_since_ == 0 || looks_up) return;
  unproven_since_ = 0;
  if (turn_.begin()) turn_.check(table_.put_unproven_since(0));
}

// Keeps the time since which the server does not prove keys. A day is an alarm.
bool PinProofs::failed() {
  const int64_t now = turn_.wall_ms();
  if (unproven_since_ == 0 || unproven_since_ > now) {
    unproven_since_ = now;
    return turn_.begin() && turn_.check(table_.put_unproven_since(now));
  }
  if (now - unproven_since_ < KeyLog::kDayMs || !log_.fair()) return true;
  std::vector<std::string> names;
  for (const auto& [user, pin] : pins_.all()) {
    const auto doubted = doubts_.find(user);
    const bool over =
        doubted != doubts_.end() && (doubted->second == Doubt::kOver || doubted->second == Doubt::kUnknown);
    if (!over && !proves(user)) names.push_back(user);
  }
  LogAlarm alarm;
  alarm.text = "ALARM: for a day the server has not proven that " + whose_keys(names) +
               " in its list of keys. Somebody may read what you write: compare safety numbers before you write "
               "anything secret, and ask the operator";
  alarm.subject = e2e::concat({"proofs missing", std::to_string(unproven_since_)});
  alarm.held = log_.head();
  return alarms_.raise(alarm);
}

// Has the head of the answer joined to the newest one before the proofs count.
void PinProofs::on_proofs(const std::vector<std::string>& names, const Result<v1::ServerFrame*>& answer) {
  ask_at_ = turn_.now_ms() + KeyLog::kRetryMs;
  asking_ = false;
  turn_.wake();
  if (answer.code() == Code::kLocalUnreachable) return;
  if (!answer.ok() || !(*answer)->has_log_proofs()) return void(failed());
  const v1::LogProofs& proofs = (*answer)->log_proofs();
  const LogHead head = log_head_of(proofs.head());
  if (!log_.holds(head)) {
    if (log_.wrongly_signed(head)) failed();
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
  if (fit == LogFit::kNotYet || (fit == LogFit::kNoAnswer && !server_.attached())) return;
  if (fit == LogFit::kNoAnswer) return void(failed());
  if (fit != LogFit::kFits) {
    LogAlarm alarm;
    alarm.text = "ALARM: the server showed two lists of keys that do not fit: " + describe_log_head(log_.head()) +
                 ", and " + describe_log_head(head) + ". " + kTwoListsAdvice;
    alarm.subject = e2e::concat({"two lists", log_.head().root, head.root});
    alarm.held = log_.head();
    alarm.shown = head;
    alarm.key = log_.key();
    if (alarms_.raise(alarm)) failed();
    return;
  }
  ask_at_ = turn_.now_ms();
  for (const std::string& user : names) {
    const auto found = std::find_if(proofs.proofs().begin(), proofs.proofs().end(),
                                    [&](const v1::LogProof& proof) { return proof.leaf().user() == user; });
    if (!judge_one(user, found == proofs.proofs().end() ? nullptr : &*found, head)) return;
  }
  turn_.wake();
}

bool PinProofs::judge_one(const std::string& user, const v1::LogProof* proof, const LogHead& head) {
  const Bytes key = key_of(user);
  if (key.empty()) return true;  // it changed meanwhile
  const bool included = proof != nullptr && merkle::verify_inclusion(log_leaf_hash(proof->leaf()), proof->index(),
                                                                     head.size, log_path_of(proof->path()), head.root);
  if (!included || proof->leaf().fpr() != key) return doubt(user, proof, included, head);
  doubts_.erase(user);
  proven_[user] = key;
  return turn_.begin() && turn_.check(table_.put_proven(user, key));
}

// The user may just have changed the key, so the key is looked up again, and the log asked once more.
bool PinProofs::doubt(const std::string& user, const v1::LogProof* proof, bool included, const LogHead& head) {
  const bool deleted = included && proof->leaf().fpr().empty();
  const auto [at, first] = doubts_.emplace(user, Doubt::kLookingUp);
  if (!first) {
    const bool excused = at->second == Doubt::kAskOfUnknown && deleted;
    at->second = excused ? Doubt::kUnknown : Doubt::kOver;
    return excused || raise(user, proof, head);
  }
  if (user == account_.profile().user) {
    at->second = Doubt::kAskAgain;  // another device may have changed it; this session then ends soon
    ask_at_ = turn_.now_ms() + kAgainMs;
    return true;
  }
  // A deleted account has a leaf that says so, or none when it ended before there was a log. A user whom the server
  // showed in this session did not end before.
  look_up(user, proof == nullptr ? !look_ups_.compared(user) : deleted);
  return true;
}

// Looks the key of the user up once more. `ended`: the log agrees when the server does not know the user.
void PinProofs::look_up(const std::string& user, bool ended) {
  look_ups_.forget(user);
  look_ups_.resolve(user, [this, user, ended, session = session_](const Result<const Pin*>& found) {
    const auto doubted = doubts_.find(user);
    if (session != session_ || doubted == doubts_.end() || doubted->second != Doubt::kLookingUp) return;
    seen_ = 0;
    ask_at_ = turn_.now_ms() + kAgainMs;
    turn_.wake();
    if (found.code() == Code::kUnknownUser) {
      doubted->second = ended ? Doubt::kUnknown : Doubt::kAskOfUnknown;
    } else if (found.ok() || found.code() == Code::kLocalUntrustedKey) {
      doubted->second = Doubt::kAskAgain;
    } else {  // the key was not looked up: begins again
      doubts_.erase(doubted);
      ask_at_ = turn_.now_ms() + KeyLog::kRetryMs;
      if (found.code() != Code::kLocalUnreachable) failed();
    }
  });
}

bool PinProofs::raise(const std::string& user, const v1::LogProof* proof, const LogHead& head) {
  const Bytes key = key_of(user);
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
  alarm.key = log_.key();
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
  if (asking_ || !log_.usable() || !account_.unlocked() || seen_ == pins_.generation() + 1) return Loop::kNever;
  return ask_at_;
}

}  // namespace fastchat::client
