#include "client/groups/group_follower.h"

#include <algorithm>

#include "client/core/backoff.h"

namespace fastchat::client {
namespace {

// Returns the keys of `user` that count now and belong to the holder of `known`: the present key, and those of `former`
// that count still. `user` is pinned, or this user.
std::vector<e2e::PeerKey> keys_of(const e2e::Identity& me, const e2e::Pins& pins, const std::string& user,
                                  ByteView known, const std::vector<Bytes>& former) {
  const e2e::PeerKey now = user == me.user() ? me.peer() : *pins.find(user).key;
  std::vector<e2e::PeerKey> out;
  if (e2e::same_holder(me, pins, user, now.fpr, known)) out.push_back(now);
  for (const Bytes& fpr : former) {
    const e2e::PeerKey* key = fpr == now.fpr ? nullptr : pins.former(user, fpr);
    if (key != nullptr && e2e::same_holder(me, pins, user, key->fpr, known)) out.push_back(*key);
  }
  return out;
}

}  // namespace

void GroupFollower::Steps::later(int64_t now) {
  retry_at = now + core::backoff_ms(kRetryMs, kRetryMaxMs, attempts++, 0);
}

GroupFollower::Steps& GroupFollower::steps(const Bytes& id) {
  book_.add(id);
  return steps_[id];
}

const GroupFollower::Steps& GroupFollower::steps_of(ByteView id) const {
  static const Steps kNone;
  auto it = steps_.find(id);
  return it == steps_.end() ? kNone : it->second;
}

void GroupFollower::attached() {
  attached_ = true;
  drained_ = false;
  for (auto& [id, s] : steps_) {
    s.busy = false;
    s.retry_at = 0;
    s.attempts = 0;
  }
}

void GroupFollower::detached() {
  attached_ = drained_ = false;
  for (auto& [id, s] : steps_) s.busy = false;
}

void GroupFollower::drained(int64_t wall_ms) {
  drained_ = attached_;
  if (drained_) book_.settle(wall_ms);
}

void GroupFollower::listed(const std::vector<Summary>& groups) {
  std::set<ByteView> there;
  for (const Summary& summary : groups) {
    there.insert(summary.id);
    Steps& s = steps(summary.id);
    const Group& g = *book_.find(summary.id);
    s.offered = std::max(s.offered, summary.epoch);
    s.hinted = true;
    // The server is behind, or lists this user again.
    s.check |= summary.epoch < g.newest() || (g.membership == Membership::kUnlisted && !g.epochs.empty());
  }
  for (const auto& [id, g] : book_.groups()) {
    if (g.membership == Membership::kMember && !g.epochs.empty() && !there.contains(id)) steps_[id].check = true;
  }
}

void GroupFollower::changed(const Bytes& id, uint64_t epoch) {
  Steps& s = steps(id);
  s.offered = std::max(s.offered, epoch);
  s.hinted |= epoch > 0;
  s.check = book_.current(id) != nullptr;
  s.retry_at = 0;
  s.attempts = 0;
}

void GroupFollower::waits(const Bytes& id, uint64_t epoch) {
  Steps& s = steps(id);
  s.waiting.insert(epoch);
  s.wanted = std::max(s.wanted, epoch);
}

void GroupFollower::add_key_share(ReceivedKeyShare share) {
  Steps& s = steps(share.key.group_id);
  s.wanted = std::max(s.wanted, share.key.epoch);
  s.retry_at = 0;
  add_key_share_of_vault(std::move(share));
}

void GroupFollower::add_key_share_of_vault(ReceivedKeyShare share) {
  Steps& s = steps(share.key.group_id);
  const bool known = std::any_of(s.key_shares.begin(), s.key_shares.end(), [&](const ReceivedKeyShare& n) {
    return n.key.epoch == share.key.epoch && n.key.state_hash == share.key.state_hash && n.from_fpr == share.from_fpr;
  });
  if (!known) s.key_shares.push_back(std::move(share));
}

bool GroupFollower::expects(ByteView id) const {
  const Steps& s = steps_of(id);
  return book_.current(id) != nullptr || !s.key_shares.empty() || s.offered > 0;
}

int64_t GroupFollower::next_wake(int64_t now, const MayAsk& may_ask) const {
  int64_t next = kNever;
  for (const auto& [id, g] : book_.groups()) {
    const Steps& s = steps_of(id);
    if (wants_fetch(g, s)) next = std::min(next, std::max(fetch_at(g, s), now));
    const std::set<uint64_t> wanted = drained_ ? keys_wanted(g, s) : std::set<uint64_t>();
    if (wanted.empty() || (may_ask && !may_ask(id, s.server_admin))) continue;
    for (uint64_t epoch : wanted) {
      auto it = s.asking.find(epoch);
      next = std::min(next, it == s.asking.end() ? now : it->second.at);
    }
  }
  return next;
}

bool GroupFollower::busy() const {
  if (!attached_ || !drained_) return true;
  return std::any_of(book_.groups().begin(), book_.groups().end(), [this](const auto& group) {
    const Steps& s = steps_of(group.first);
    return s.busy || (wants_fetch(group.second, s) && s.attempts == 0 && s.retry_at == 0);
  });
}

bool GroupFollower::up_to_date(ByteView id) const {
  const e2e::GroupState* newest = book_.current(id);
  const Steps& s = steps_of(id);
  return newest != nullptr && drained_ && !s.busy && !s.check && !s.behind && newest->epoch >= s.offered;
}

bool GroupFollower::wants_fetch(const Group& g, const Steps& s) const {
  if (!attached_ || s.busy) return false;
  const uint64_t have = g.newest();
  if (have == 0) return !s.key_shares.empty() || (drained_ && s.offered > 0 && s.server_admin.empty());
  if (s.wanted > have) return true;
  return drained_ && (s.offered > have || s.check);
}

// Returns the earliest time of a fetch. A key for an otherwise unknown group costs its sender nothing, so fetches of
// such groups are slowed down.
int64_t GroupFollower::fetch_at(const Group& g, const Steps& s) const {
  return s.guess(g) && guesses_ == 0 ? std::max(s.retry_at, guessed_at_ + kGuessMs) : s.retry_at;
}

std::optional<GroupFollower::Fetch> GroupFollower::next_fetch(int64_t now) {
  if (const int64_t back = std::min<int64_t>((now - guessed_at_) / kGuessMs, kGuesses - guesses_); back > 0) {
    guesses_ += static_cast<int>(back);
    guessed_at_ += back * kGuessMs;
  }
  for (const auto& [id, g] : book_.groups()) {
    if (!wants_fetch(g, steps_of(id)) || fetch_at(g, steps_of(id)) > now) continue;
    Steps& s = steps_[id];
    if (s.guess(g)) {
      if (guesses_ == kGuesses) guessed_at_ = now;
      --guesses_;
    }
    s.busy = true;
    s.hinted = false;
    const uint64_t have = g.newest();
    uint64_t from = have + 1;
    // The newest epoch is fetched again, because a deleted group has no next one.
    if (have != 0 && s.wanted <= have && s.offered <= have) from = have;
    if (have == 0 && !s.key_shares.empty()) {
      from = INT64_MAX;
      for (const ReceivedKeyShare& n : s.key_shares) from = std::min(from, n.key.epoch);
    }
    return Fetch{id, from};
  }
  return std::nullopt;
}

GroupFollower::Progress GroupFollower::fetched(int64_t now, const Bytes& id, const Result<Fetched>& answer,
                                               const e2e::Pins& pins, const e2e::Identity& me) {
  Steps& s = steps(id);
  const Group& g = *book_.find(id);
  s.busy = false;
  Progress out;
  if (!answer.ok()) {
    const bool none = answer.code() == Code::kUnknownGroup;
    if (none && s.guess(g)) {
      steps_.erase(id);
      book_.forget(id);
      out.forget = true;
      return out;
    }
    if (none && drained_ && g.membership == Membership::kMember && !g.epochs.empty()) {
      s.check = false;
      s.behind = true;
      out.behind = 0;
    }
    s.later(now);
    return out;
  }
  const Fetched& f = *answer;
  // An epoch that the server named before the request may be lost. An epoch that the server named after the request is
  // newer than the answer.
  s.offered = s.hinted ? std::max(s.offered, f.epoch) : f.epoch;
  s.server_admin = f.admin;
  const Membership before = g.membership;
  for (const Bytes& encoded : f.states) {
    if (!step(id, encoded, pins, me, out)) break;
  }
  const bool stopped = !out.needs_key_of.empty() || !out.fault.empty();
  Membership membership = g.membership;
  if (drained_ && !stopped && !g.epochs.empty()) {
    s.check = false;
    s.behind = false;
    if (f.deleted) {
      membership = Membership::kDeleted;
    } else if (f.epoch < g.newest() && (membership == Membership::kMember || membership == Membership::kUnlisted)) {
      s.behind = true;
      out.behind = f.epoch;
    } else if (!f.member && membership == Membership::kMember && g.newest() == f.epoch) {
      membership = Membership::kUnlisted;
    } else if (f.member && membership == Membership::kUnlisted && book_.me().is_listed(*book_.current(id))) {
      membership = Membership::kMember;
    }
  }
  if (out.states.empty()) {
    s.later(now);
  } else {
    s.attempts = 0;
    s.retry_at = 0;
    s.faulted = false;
    s.asking.erase(s.asking.begin(), s.asking.lower_bound(g.epochs.begin()->first));
  }
  if (!out.fault.empty() && std::exchange(s.faulted, true)) out.fault.clear();
  if (membership != g.membership) book_.set_membership(id, membership);
  if (membership != before) out.membership = membership;
  return out;
}

// Follows one state of an answer. Returns false when the chain cannot be followed further now.
bool GroupFollower::step(const Bytes& id, const Bytes& encoded, const e2e::Pins& pins, const e2e::Identity& me,
                         Progress& out) {
  const Group& g = *book_.find(id);
  if (g.epochs.empty()) return join(id, encoded, pins, me, out);
  const std::string& user = book_.me().user;
  const e2e::GroupState& from = g.epochs.rbegin()->second.state;
  const std::string& admin = from.admin_user();
  Result<e2e::GroupState> read = e2e::restore_group(encoded, from.admin_fpr);
  if (!read.ok() || read->group_id != id) {
    out.fault = "the server shows an invalid state of #" + g.name;
    return false;
  }
  if (read->epoch <= from.epoch) {
    const e2e::GroupState* ours = book_.state(id, read->epoch);
    if (ours == nullptr || ours->hash == read->hash) return true;
    out.fault = "the server shows another epoch " + std::to_string(read->epoch) + " of #" + g.name + " than before";
    return false;
  }
  if (!drained_ && read->epoch > steps_of(id).wanted) return false;
  if (admin != user && pins.find(admin).key == nullptr) {
    out.needs_key_of = admin;
    return false;
  }
  const Bytes* listed = read->fpr_of(admin);
  // The admin may have changed the key: asks once for each key that is not known.
  if (admin != user && listed != nullptr && !e2e::same_holder(me, pins, admin, *listed, pins.find(admin).key->fpr) &&
      std::exchange(steps_[id].asked_for, *listed) != *listed) {
    out.needs_key_of = admin;
    return false;
  }
  const std::vector<e2e::PeerKey> keys =
      keys_of(me, pins, admin, from.admin_fpr, {from.admin_fpr, listed == nullptr ? Bytes() : *listed});
  Result<e2e::GroupState> next = e2e::follow_group(from, encoded, keys);
  if (!next.ok()) {
    out.fault = "a change of #" + g.name + " cannot be trusted: " + next.error().text;
    return false;
  }
  out.states.push_back(*next);
  book_.adopt(std::move(*next), std::nullopt);
  return g.membership == Membership::kMember;
}

// Takes a newcomer's first state, the one that a key share from its own admin names.
bool GroupFollower::join(const Bytes& id, const Bytes& encoded, const e2e::Pins& pins, const e2e::Identity& me,
                         Progress& out) {
  const std::string& user = book_.me().user;
  for (const ReceivedKeyShare& n : steps_of(id).key_shares) {
    if (n.from != user && pins.find(n.from).key == nullptr) continue;
    for (const e2e::PeerKey& key : keys_of(me, pins, n.from, n.from_fpr, {n.from_fpr})) {
      Result<e2e::GroupState> first = e2e::join_group(encoded, n.key, key, me);
      if (!first.ok() || first->group_id != id) continue;
      out.states.push_back(*first);
      book_.adopt(std::move(*first), std::nullopt);
      return true;
    }
  }
  return true;  // the next state may fit
}

std::vector<GroupFollower::KeyFound> GroupFollower::take_keys(const Bytes& id, const e2e::Pins& pins,
                                                              const e2e::Identity& me) {
  Steps& s = steps(id);
  const Group& g = *book_.find(id);
  std::vector<KeyFound> out;
  std::erase_if(s.key_shares, [&](const ReceivedKeyShare& n) {
    auto it = g.epochs.find(n.key.epoch);
    if (it == g.epochs.end()) return !g.epochs.empty() && n.key.epoch < g.epochs.begin()->first;
    if (it->second.has_key) return true;
    // The signer may have sent the key with another key than the one that signed the state.
    const e2e::GroupState& state = it->second.state;
    const bool from_signer = e2e::same_holder(me, pins, n.from, n.from_fpr, state.signer_fpr);
    const bool from_admin = e2e::same_holder(me, pins, n.from, n.from_fpr, state.admin_fpr);
    const Bytes& from = from_signer ? state.signer_fpr : from_admin ? state.admin_fpr : n.from_fpr;
    Result<e2e::KeyPair> pair = e2e::accept_group_key(state, n.key, from, me);
    if (!pair.ok()) return true;
    book_.add_key(id, n.key.epoch, *pair);
    s.asking.erase(n.key.epoch);
    out.push_back({n.key.epoch, std::move(*pair)});
    return true;
  });
  return out;
}

// Returns the epochs that this user may read and whose key is missing: the newest, and those of waiting messages.
std::set<uint64_t> GroupFollower::keys_wanted(const Group& g, const Steps& s) const {
  std::set<uint64_t> out;
  if (g.membership != Membership::kMember) return out;
  if (g.epochs.empty()) {
    if (s.offered > 0 && s.key_shares.empty() && !s.server_admin.empty()) out.insert(s.offered);
    return out;
  }
  const auto want = [&](uint64_t epoch) {
    auto it = g.epochs.find(epoch);
    if (it == g.epochs.end() || it->second.has_key) return;
    if (book_.me().is_listed(it->second.state)) out.insert(epoch);
  };
  want(g.newest());
  for (uint64_t epoch : s.waiting) want(epoch);
  return out;
}

std::optional<GroupFollower::Ask> GroupFollower::next_ask(int64_t now, const MayAsk& may_ask) {
  if (!drained_) return std::nullopt;
  for (const auto& [id, g] : book_.groups()) {
    const std::set<uint64_t> wanted = keys_wanted(g, steps_of(id));
    if (wanted.empty() || (may_ask && !may_ask(id, steps_of(id).server_admin))) continue;
    for (uint64_t epoch : wanted) {
      Steps& s = steps_[id];
      auto [it, fresh] = s.asking.try_emplace(epoch);
      Asking& asking = it->second;
      if (fresh) asking.at = now + kAskAfterMs;
      if (asking.at > now) continue;
      asking.at = now + core::backoff_ms(kAskAfterMs, kAskMaxMs, ++asking.attempts, 0);
      if (g.epochs.empty()) return Ask{id, epoch, s.server_admin};
      const e2e::GroupState& state = g.epochs.at(epoch).state;
      // The signer of the epoch has its key for certain. After a handover the signer is not the epoch's admin.
      const auto signer = std::find_if(state.members.begin(), state.members.end(),
                                       [&](const auto& m) { return m.fpr == state.signer_fpr; });
      const bool ask_signer = signer != state.members.end() && asking.attempts % 2 == 1;
      return Ask{id, epoch, ask_signer ? signer->user : state.admin_user()};
    }
  }
  return std::nullopt;
}

}  // namespace fastchat::client
