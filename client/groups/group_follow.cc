// Chooses the states and keys to ask for, and handles the answers (group_book.h).
#include <algorithm>
#include <utility>

#include "client/core/backoff.h"
#include "client/groups/group_book.h"

namespace fastchat::client {

bool GroupBook::wants_fetch(const Group& g) const {
  if (!attached_ || g.busy) return false;
  const uint64_t have = g.newest();
  if (have == 0) return !g.key_shares.empty() || (drained_ && g.offered > 0 && g.server_admin.empty());
  if (g.wanted > have) return true;
  return drained_ && (g.offered > have || g.check);
}

// A key of a group that nothing else is known of costs its sender nothing: these are asked about slowly.
int64_t GroupBook::fetch_at(const Group& g) const {
  return is_guess(g) && guesses_ == 0 ? std::max(g.retry_at, guessed_at_ + kGuessMs) : g.retry_at;
}

std::optional<GroupBook::Fetch> GroupBook::next_fetch(int64_t now) {
  if (const int64_t back = std::min<int64_t>((now - guessed_at_) / kGuessMs, kGuesses - guesses_); back > 0) {
    guesses_ += static_cast<int>(back);
    guessed_at_ += back * kGuessMs;
  }
  for (auto& [id, g] : groups_) {
    if (!wants_fetch(g) || fetch_at(g) > now) continue;
    if (is_guess(g)) {
      if (guesses_ == kGuesses) guessed_at_ = now;
      --guesses_;
    }
    g.busy = true;
    g.hinted = false;
    const uint64_t have = g.newest();
    uint64_t from = have + 1;
    // The newest again: a group that is gone has no next one.
    if (have != 0 && g.wanted <= have && g.offered <= have) from = have;
    if (have == 0 && !g.key_shares.empty()) {
      from = INT64_MAX;
      for (const ReceivedKeyShare& n : g.key_shares) from = std::min(from, n.key.epoch);
    }
    return Fetch{id, from};
  }
  return std::nullopt;
}

void GroupBook::later(Group& g, int64_t now) {
  g.retry_at = now + core::backoff_ms(kRetryMs, kRetryMaxMs, g.attempts++, 0);
}

GroupBook::Progress GroupBook::fetched(int64_t now, const Bytes& id, const Result<Fetched>& answer,
                                       const e2e::Pins& pins, const e2e::Identity& me) {
  Group& g = groups_[id];
  g.busy = false;
  Progress out;
  if (!answer.ok()) {
    const bool none = answer.code() == Code::kUnknownGroup;
    if (none && is_guess(g)) {
      groups_.erase(id);
      out.forget = true;
      return out;
    }
    if (none && drained_ && g.membership == Membership::kMember && !g.epochs.empty()) {
      g.check = false;
      g.behind = true;
      out.behind = 0;
    }
    later(g, now);
    return out;
  }
  const Fetched& f = *answer;
  // An epoch that the server named before may be lost; one that it named after the question is newer than the answer.
  g.offered = g.hinted ? std::max(g.offered, f.epoch) : f.epoch;
  g.server_admin = f.admin;
  const Membership before = g.membership;
  for (const Bytes& encoded : f.states) {
    if (!step(id, g, encoded, pins, me, out)) break;
  }
  const bool stopped = !out.needs_key_of.empty() || !out.fault.empty();
  if (drained_ && !stopped && !g.epochs.empty()) {
    g.check = false;
    g.behind = false;
    if (f.deleted) {
      g.membership = Membership::kDeleted;
    } else if (f.epoch < g.newest() && (g.membership == Membership::kMember || g.membership == Membership::kUnlisted)) {
      g.behind = true;
      out.behind = f.epoch;
    } else if (!f.member && g.membership == Membership::kMember && g.newest() == f.epoch) {
      g.membership = Membership::kUnlisted;
    } else if (f.member && g.membership == Membership::kUnlisted && current(id)->lists(me_.user, me_.fpr)) {
      g.membership = Membership::kMember;
    }
  }
  if (out.states.empty()) {
    later(g, now);
  } else {
    g.attempts = 0;
    g.retry_at = 0;
    g.faulted = false;
  }
  if (!out.fault.empty() && std::exchange(g.faulted, true)) out.fault.clear();
  if (g.membership != before) {
    out.membership = g.membership;
    touched_.push_back(id);
  }
  return out;
}

// One state out of an answer. False: the way ends here for now.
bool GroupBook::step(const Bytes& id, Group& g, const Bytes& encoded, const e2e::Pins& pins, const e2e::Identity& me,
                     Progress& out) {
  if (g.epochs.empty()) return join(id, g, encoded, pins, me, out);
  const e2e::GroupState& from = g.epochs.rbegin()->second.state;
  const std::string& admin = from.admin_user();
  Result<e2e::GroupState> read = e2e::restore_group(encoded, from.admin_fpr);
  if (!read.ok() || read->group_id != id) {
    out.fault = "the server shows something that is no state of #" + g.name;
    return false;
  }
  if (read->epoch <= from.epoch) {
    auto ours = g.epochs.find(read->epoch);
    if (ours == g.epochs.end() || ours->second.state.hash == read->hash) return true;
    out.fault = "the server shows another epoch " + std::to_string(read->epoch) + " of #" + g.name + " than before";
    return false;
  }
  if (!drained_ && read->epoch > g.wanted) return false;
  e2e::Pinned pinned;
  if (admin != me_.user) {
    pinned = pins.find(admin);
    if (pinned.key == nullptr) {
      out.needs_key_of = admin;
      return false;
    }
  }
  Result<e2e::GroupState> next = e2e::follow_group(from, encoded, admin == me_.user ? me.peer() : *pinned.key);
  if (!next.ok()) {
    out.fault = "a change of #" + g.name + " is not to be trusted: " + next.error().text;
    return false;
  }
  const bool listed = next->lists(me_.user, me_.fpr);
  g.membership = listed ? Membership::kMember : Membership::kRemoved;
  out.states.push_back(*next);
  insert(id, g, std::move(*next), std::nullopt, false);
  return listed;
}

// A newcomer's first state: the one that a key from its own admin names.
bool GroupBook::join(const Bytes& id, Group& g, const Bytes& encoded, const e2e::Pins& pins, const e2e::Identity& me,
                     Progress& out) {
  for (const ReceivedKeyShare& n : g.key_shares) {
    const e2e::Pinned pinned = n.from == me_.user ? e2e::Pinned{} : pins.find(n.from);
    if (n.from != me_.user && pinned.key == nullptr) continue;
    Result<e2e::GroupState> first = e2e::join_group(encoded, n.key, n.from == me_.user ? me.peer() : *pinned.key, me);
    if (!first.ok() || first->group_id != id) continue;
    g.membership = Membership::kMember;
    out.states.push_back(*first);
    insert(id, g, std::move(*first), std::nullopt, false);
    return true;
  }
  return true;  // perhaps the next one
}

std::vector<GroupBook::KeyFound> GroupBook::take_keys(const Bytes& id, const e2e::Identity& me) {
  Group& g = groups_[id];
  std::vector<KeyFound> out;
  std::erase_if(g.key_shares, [&](const ReceivedKeyShare& n) {
    auto it = g.epochs.find(n.key.epoch);
    if (it == g.epochs.end()) return !g.epochs.empty() && n.key.epoch < g.epochs.begin()->first;
    Epoch& e = it->second;
    if (e.has_key) return true;
    Result<e2e::KeyPair> pair = e2e::accept_group_key(e.state, n.key, n.from_fpr, me);
    if (!pair.ok()) return true;
    e.has_key = true;
    e.key = *pair;
    g.asking.erase(n.key.epoch);
    out.push_back({n.key.epoch, std::move(*pair)});
    return true;
  });
  return out;
}

// Epochs that this user may read and whose key is not here: the newest, and those of messages that wait.
std::set<uint64_t> GroupBook::keys_wanted(const Group& g) const {
  std::set<uint64_t> out;
  if (g.membership != Membership::kMember) return out;
  if (g.epochs.empty()) {
    if (g.offered > 0 && g.key_shares.empty() && !g.server_admin.empty()) out.insert(g.offered);
    return out;
  }
  const auto want = [&](uint64_t epoch) {
    auto it = g.epochs.find(epoch);
    if (it != g.epochs.end() && !it->second.has_key && it->second.state.lists(me_.user, me_.fpr)) out.insert(epoch);
  };
  want(g.newest());
  for (uint64_t epoch : g.waiting) want(epoch);
  return out;
}

std::optional<GroupBook::Ask> GroupBook::next_ask(int64_t now) {
  if (!drained_) return std::nullopt;
  for (auto& [id, g] : groups_) {
    for (uint64_t epoch : keys_wanted(g)) {
      auto [it, fresh] = g.asking.try_emplace(epoch);
      Asking& asking = it->second;
      if (fresh) asking.at = now + kAskAfterMs;
      if (asking.at > now) continue;
      asking.at = now + core::backoff_ms(kAskAfterMs, kAskMaxMs, ++asking.attempts, 0);
      if (g.epochs.empty()) return Ask{id, epoch, g.server_admin};
      const e2e::GroupState& state = g.epochs.at(epoch).state;
      // The one who made the epoch has its key for certain; after a handing over that is not its admin.
      const auto signer = std::find_if(state.members.begin(), state.members.end(),
                                       [&](const auto& m) { return m.fpr == state.signer_fpr; });
      const bool ask_signer = signer != state.members.end() && asking.attempts % 2 == 1;
      return Ask{id, epoch, ask_signer ? signer->user : state.admin_user()};
    }
  }
  return std::nullopt;
}

}  // namespace fastchat::client
