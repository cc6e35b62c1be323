#include "client/contacts/key_lookup.h"

#include <algorithm>

#include "client/contacts/no_such_user.h"
#include "client/e2e/rekey.h"
#include "common/codes.h"
#include "common/wire.h"

namespace fastchat::client {
namespace {

constexpr int64_t kLookUpRetryMs = 1'000;
constexpr int64_t kHoldEveryMs = 2'000;
constexpr int64_t kCompareEveryMs = 3'600'000;  // within a session with a worker, which may last for weeks

Error key_changed(const std::string& user) {
  return err(Code::kLocalUntrustedKey, "the key of " + user + " changed: compare with `fastchat verify " + user +
                                           "`, then accept it with `fastchat verify " + user +
                                           " --accept`, or refuse it with --keep");
}

}  // namespace

Error KeyLookup::unknown(std::string_view user) const {
  return no_such_user(pins_, user);
}

void KeyLookup::resolve(const std::string& user, Resolved done) {
  if (user == account_.profile().user) return done(static_cast<const Pin*>(nullptr));
  auto it = look_ups_.find(user);
  const Pin* pin = pins_.get(user);
  const bool live = server_.attached();
  // Compares a pinned key with the server's key before its first use in a session. Without a session the pinned key is
  // used as it is.
  const bool compared = compared_.contains(user) && (pin == nullptr || pin->offered_spki.empty());
  if (pin != nullptr && (compared || (!live && it == look_ups_.end()))) {
    if (!pin->offered_spki.empty()) return done(key_changed(user));
    if (live) compare(user);
    return done(pin);
  }
  look_ups_[user].waiting.push_back(std::move(done));
  turn_.wake();
}

// Returns true while names are asked for that nobody waits for. One such question at a time leaves the server's room
// for open requests to the questions that somebody waits for.
bool KeyLookup::comparing() const {
  return std::any_of(look_ups_.begin(), look_ups_.end(),
                     [](const auto& l) { return l.second.asked && l.second.unattended(); });
}

// Asks the server once a turn for the names that are due: those that somebody waits for first.
void KeyLookup::work() {
  pins_.former_keys().set_time(turn_.wall_ms());
  if (!server_.opened()) return;
  if (!server_.attached()) {
    if (server_.ended()) give_up();
    return;
  }
  std::vector<std::string> names;
  const bool comparing_now = comparing();
  for (const bool unattended : {false, true}) {
    if (unattended && comparing_now) break;
    for (auto& [user, look_up] : look_ups_) {
      if (names.size() == wire::kMaxNamesPerLookup) break;
      if (look_up.asked || look_up.retry_at > turn_.now_ms() || look_up.unattended() != unattended) continue;
      look_up.asked = true;
      look_up.put_off = false;
      names.push_back(user);
    }
  }
  if (names.empty()) return;
  v1::ClientFrame frame;
  for (const std::string& user : names) frame.mutable_get_users()->add_names(user);
  server_.ask(std::move(frame), [this, names](const Result<v1::ServerFrame*>& answer) { on_users(names, answer); });
}

// Fails the waiting calls, because there is no server to ask. Messages wait for the next session: the server gave no
// answer about their senders.
void KeyLookup::give_up() {
  std::vector<Resolved> waiting;
  for (auto& [user, look_up] : look_ups_) {
    for (auto& call : std::exchange(look_up.waiting, {})) waiting.push_back(std::move(call));
  }
  std::erase_if(look_ups_, [](const auto& l) { return l.second.arrivals.empty(); });
  for (const auto& call : waiting) call(err(Code::kLocalUnreachable, "not connected"));
}

void KeyLookup::on_users(const std::vector<std::string>& names, const Result<v1::ServerFrame*>& answer) {
  for (const std::string& user : names) {
    auto it = look_ups_.find(user);
    if (it == look_ups_.end()) continue;
    if (!answer.ok()) {
      it->second.asked = false;
      it->second.retry_at = turn_.now_ms() + kLookUpRetryMs;
      // Callers get the error now. Received messages wait for a retry, unless the error is permanent.
      for (auto& call : std::exchange(it->second.waiting, {})) call(answer.error());
      if (it->second.arrivals.empty() || !is_temporary(answer.code())) resolved(user, answer.error());
      continue;
    }
    const auto& users = (*answer)->users().users();
    const auto found = std::find_if(users.begin(), users.end(), [&](const v1::User& u) { return u.name() == user; });
    if (found == users.end()) {
      resolved(user, no_such_user(pins_, user));
      continue;
    }
    const Pin* pin = pins_.get(user);
    const bool other = pin != nullptr && pin->key.key.spki() != found->public_key();
    if (server_.engine().worker_version() >= 3 && (other || !it->second.arrivals.empty())) {
      it->second.public_key = found->public_key();
      ask_rekeys(user);
    } else {
      shown(user, found->public_key());
    }
  }
}

// Asks for all changes of the user's key: the server shows another key than the pinned one, or a message needs another
// key. The worker may have cached the key of before.
void KeyLookup::ask_rekeys(const std::string& user) {
  v1::ClientFrame frame;
  frame.mutable_get_rekeys()->set_user(user);
  server_.ask(std::move(frame), [this, user](const Result<v1::ServerFrame*>& answer) { on_rekeys(user, answer); });
}

void KeyLookup::on_rekeys(const std::string& user, const Result<v1::ServerFrame*>& answer) {
  auto it = look_ups_.find(user);
  if (it == look_ups_.end()) return;
  if (!answer.ok() && is_temporary(answer.code())) {
    it->second.asked = false;
    it->second.retry_at = turn_.now_ms() + kLookUpRetryMs;
    for (auto& call : std::exchange(it->second.waiting, {})) call(answer.error());
    return;
  }
  Bytes public_key = std::move(it->second.public_key);
  if (answer.ok() && (*answer)->has_rekeys()) {
    const v1::Rekeys& rekeys = (*answer)->rekeys();
    it->second.first_public_key = rekeys.first_public_key();
    it->second.rekeys.assign(rekeys.rekeys().begin(), rekeys.rekeys().end());
    if (pins_.get(user) == nullptr) {
      public_key = newest_after(it->second, user, public_key);
    } else if (!follow(user, it->second, public_key)) {
      return;
    }
  }
  shown(user, public_key);
}

// Returns the newest key of the line that has `public_key`, which the worker may have cached before a change; else
// `public_key`.
Bytes KeyLookup::newest_after(const LookUp& look_up, const std::string& user, const Bytes& public_key) const {
  const auto line = e2e::follow_rekeys(account_.profile().realm, user, look_up.first_public_key, look_up.rekeys);
  const bool leads = line.ok() && std::any_of(line->begin(), line->end(),
                                              [&](const e2e::PeerKey& key) { return key.key.spki() == public_key; });
  return leads ? line->back().key.spki() : public_key;
}

// Follows the changes from the pinned key on. Returns false when the turn failed.
bool KeyLookup::follow(const std::string& user, const LookUp& look_up, Bytes& public_key) {
  if (!turn_.begin()) return false;
  const Result<bool> moved = pins_.follow(user, look_up.first_public_key, look_up.rekeys, turn_.wall_ms());
  if (moved.code() == Code::kLocalDisk) return turn_.check(moved);
  if (!moved.ok() || !*moved) return true;
  public_key = pins_.get(user)->key.key.spki();
  events_.rekeyed(user);
  return true;
}

// Takes in the server's key of a user, and ends the look-up.
void KeyLookup::shown(const std::string& user, const Bytes& public_key) {
  if (!learn(user, look_ups_.at(user), public_key)) return;
  const Pin* pin = pins_.get(user);
  if (!pin->offered_spki.empty()) {
    resolved(user, key_changed(user));
  } else {
    resolved(user, pin);
  }
}

// Takes in the server's key of a user. Returns false when the key was refused; learn() then reported the result.
bool KeyLookup::learn(const std::string& user, const LookUp& look_up, ByteView public_key) {
  const Error invalid = err(Code::kLocalUntrustedKey, "the server's key of " + user + " is not valid");
  // Anybody can write a name into a header, so a name alone pins no key.
  if (pins_.get(user) == nullptr && look_up.waiting.empty()) {
    Result<e2e::PeerKey> key = e2e::peer_key(account_.profile().realm, user, public_key);
    const bool signed_here = key.ok() && signed_by_any(look_up, *key);
    if (!signed_here) {
      resolved(user, key.ok() ? err(Code::kLocalCrypto, "") : invalid, ", whose signature does not hold");
      return false;
    }
  }
  Result<PinBook::Learnt> learnt = pins_.learn(user, public_key, turn_.wall_ms());
  if (!learnt.ok()) {
    resolved(user, invalid);
    return false;
  }
  compared_[user] = turn_.now_ms();
  if (*learnt == PinBook::Learnt::kFirstContact && !look_up.rekeys.empty()) {
    // Messages of before the changes may have come first.
    const auto kept = pins_.follow(user, look_up.first_public_key, look_up.rekeys, turn_.wall_ms());
    if (kept.code() == Code::kLocalDisk && !turn_.check(kept)) return false;
  }
  if (*learnt == PinBook::Learnt::kChanged) {
    turn_.after_commit([this, user] { events_.changed(user, key_changed(user).text); });
  }
  if (*learnt == PinBook::Learnt::kRestored && turn_.begin()) events_.restored(user);
  return true;
}

// Returns true when one of the messages is signed by `key`, or by a key that leads to it.
bool KeyLookup::signed_by_any(const LookUp& look_up, const e2e::PeerKey& key) const {
  std::vector<e2e::PeerKey> keys{key};
  if (!look_up.rekeys.empty()) {
    auto line = e2e::follow_rekeys(account_.profile().realm, key.user, look_up.first_public_key, look_up.rekeys);
    if (line.ok() && line->back().fpr == key.fpr) keys = std::move(*line);
  }
  return std::any_of(look_up.arrivals.begin(), look_up.arrivals.end(), [&](const Arrival& a) {
    return std::any_of(keys.begin(), keys.end(), [&](const e2e::PeerKey& k) { return e2e::signed_by(a.envelope, k); });
  });
}

void KeyLookup::resolved(const std::string& user, const Result<const Pin*>& result, const std::string& why) {
  auto node = look_ups_.extract(user);
  if (node.empty()) return;
  for (auto& call : node.mapped().waiting) call(result);
  std::vector<Arrival>& arrivals = node.mapped().arrivals;
  if (arrivals.empty()) return;
  if (pins_.get(user) != nullptr) return events_.found(std::move(arrivals));
  events_.unknown(user, std::move(arrivals), "from " + user + (why.empty() ? ", whom the server does not know" : why));
}

void KeyLookup::hold(const std::string& user, Arrival arrival) {
  const auto [it, fresh] = look_ups_.try_emplace(user);
  LookUp& look_up = it->second;
  if (fresh && pins_.get(user) != nullptr) {
    int64_t& held_at = held_at_.try_emplace(user, turn_.now_ms() - kHoldEveryMs).first->second;
    held_at = look_up.retry_at = std::max(turn_.now_ms(), held_at + kHoldEveryMs);
    look_up.put_off = held_at > turn_.now_ms();
  }
  arrival.looked_up = true;
  look_up.arrivals.push_back(std::move(arrival));
  turn_.wake();
}

void KeyLookup::compare(const std::string& user) {
  if (const auto at = compared_.find(user); at != compared_.end()) {
    if (turn_.now_ms() - at->second < kCompareEveryMs) return;
    at->second = turn_.now_ms();  // also for a question that fails
  }
  look_ups_.try_emplace(user);
  turn_.wake();
}

void KeyLookup::attached() {
  compared_.clear();
  if (turn_.now_ms() - all_compared_at_ < kCompareEveryMs) return;
  all_compared_at_ = turn_.now_ms();
  for (const auto& [user, pin] : pins_.all()) compare(user);
}

bool KeyLookup::holds_any() const {
  return std::any_of(look_ups_.begin(), look_ups_.end(),
                     [](const auto& l) { return !l.second.arrivals.empty() && !l.second.put_off; });
}

// Forgets the comparisons and pins of a turn that is not on disk, so that the keys are compared again. The server
// delivers the messages again.
void KeyLookup::rolled_back(const Error&) {
  (void)pins_.load();
  compared_.clear();
  for (auto& [user, look_up] : look_ups_) {
    look_up.arrivals.clear();
    look_up.asked = false;  // an answer of this turn may have ended half-way
    look_up.retry_at = turn_.now_ms() + kLookUpRetryMs;
  }
}

int64_t KeyLookup::next_wake() const {
  int64_t next = Loop::kNever;
  if (!server_.attached()) return next;
  const bool comparing_now = comparing();
  for (const auto& [user, look_up] : look_ups_) {
    if (!look_up.asked && !(comparing_now && look_up.unattended())) next = std::min(next, look_up.retry_at);
  }
  return next;
}

}  // namespace fastchat::client
