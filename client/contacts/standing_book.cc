#include "client/contacts/standing_book.h"

#include <algorithm>
#include <tuple>

#include "client/account/vault_budget.h"
#include "client/e2e/group.h"
#include "common/try.h"

namespace fastchat::client {
namespace {

namespace pb = v1::content;
using store::ConversationId;

Standing standing_of(int value) {
  return value == 1 ? Standing::kAccepted : value == 2 ? Standing::kBlocked : Standing::kNone;
}

constexpr int kTellTimes = 2;

// Returns true for somebody whose key was known before there were contacts. Nobody decided about this one.
bool is_of_before(int64_t changed_ms) {
  return changed_ms == 0;
}

ConversationId peer_of(const pb::VaultContact& contact) {
  return contact.group().empty() ? ConversationId::direct(contact.user()) : ConversationId::group(contact.group());
}

// Fails with kTooLarge when the book has no room for one more of this kind.
template <class Entries>
Result<> has_room(const Entries& entries, bool group, Standing standing) {
  const bool blocks = standing == Standing::kBlocked;
  const size_t most = blocks  ? StandingBook::kMaxBlocked
                      : group ? StandingBook::kMaxGroups
                              : StandingBook::kMaxAccepted;
  const auto same = [&](const auto& e) {
    return e.second.standing == standing && e.first.is_group() == group && !is_of_before(e.second.changed_ms);
  };
  if (std::count_if(entries.begin(), entries.end(), same) < static_cast<std::ptrdiff_t>(most)) return Unit{};
  const std::string number = std::to_string(most);
  return err(Code::kTooLarge, blocks  ? "you block " + number + " people, which is the most: unblock one"
                              : group ? "you accepted " + number + " groups, which is the most: leave one"
                                      : "you have " + number + " contacts, which is the most");
}

}  // namespace

void StandingBook::restore(const std::vector<store::StandingRow>& rows, const store::StrangersRow& strangers) {
  const bool full = vault_full_;
  *this = StandingBook();
  vault_full_ = full;
  for (const store::StandingRow& row : rows) {
    entries_[row.peer] = {standing_of(row.standing), row.changed_ms};
    if (row.unsent) unsent_.insert(row.peer);
  }
  strangers_ = strangers;
}

Standing StandingBook::of(const ConversationId& peer) const {
  const auto it = entries_.find(peer);
  return it == entries_.end() ? Standing::kNone : it->second.standing;
}

bool StandingBook::blocked(const std::string& user) const {
  return of(ConversationId::direct(user)) == Standing::kBlocked;
}

bool StandingBook::open_to(const std::string& user) const {
  const Standing standing = of(ConversationId::direct(user));
  return standing == Standing::kAccepted || (standing == Standing::kNone && strangers() == Strangers::kTake);
}

Strangers StandingBook::strangers() const {
  if (strangers_.wanted != 0) return static_cast<Strangers>(strangers_.wanted);
  return strangers_.server != 0 ? static_cast<Strangers>(strangers_.server) : Strangers::kAsk;
}

std::vector<StandingBook::Decision> StandingBook::decided() const {
  std::vector<Decision> out;
  for (const auto& [peer, entry] : entries_) {
    if (entry.standing != Standing::kNone) out.emplace_back(peer, entry.standing);
  }
  return out;
}

// Notes that vault and server have to have a list from now on.
void StandingBook::list() {
  if (std::exchange(strangers_.listed, true)) return;
  strangers_changed_ = true;
}

void StandingBook::put(const ConversationId& peer, Entry entry, bool unsent) {
  entries_[peer] = entry;
  changed_.insert(peer);
  if (entry.standing != Standing::kAccepted) list();
  if (unsent) {
    unsent_.insert(peer);
  } else {
    unsent_.erase(peer);
  }
}

Result<> StandingBook::decide(const ConversationId& peer, Standing standing, int64_t now_ms) {
  const auto it = entries_.find(peer);
  // A request that is turned down again has the server forget the stranger's messages again.
  if (it != entries_.end() && it->second.standing == standing && standing != Standing::kNone) return Unit{};
  if (standing != Standing::kNone) {
    FC_TRY(has_room(entries_, peer.is_group(), standing));
  }
  // Another device's clock may be ahead: this decision is the later one.
  put(peer, {standing, it == entries_.end() ? now_ms : std::max(now_ms, it->second.changed_ms + 1)}, true);
  forget_oldest();
  return Unit{};
}

void StandingBook::forget_oldest() {
  std::vector<std::pair<int64_t, ConversationId>> taken_back;
  for (const auto& [peer, entry] : entries_) {
    if (entry.standing == Standing::kNone) taken_back.emplace_back(entry.changed_ms, peer);
  }
  if (taken_back.size() <= kMaxTakenBack) return;
  std::sort(taken_back.begin(), taken_back.end());
  for (size_t i = 0; i < taken_back.size() - kMaxTakenBack; ++i) {
    entries_.erase(taken_back[i].second);
    changed_.insert(taken_back[i].second);
  }
}

void StandingBook::decide_strangers(Strangers policy, int64_t now_ms) {
  if (strangers_.wanted == static_cast<int>(policy)) return;
  // A server of which the user takes everything may not know whom the user accepted.
  const bool closes = strangers() == Strangers::kTake && policy != Strangers::kTake;
  policy_unsent_ = policy != Strangers::kUndecided;
  strangers_.wanted = static_cast<int>(policy);
  strangers_.changed_ms = std::max(now_ms, strangers_.changed_ms + 1);
  strangers_changed_ = true;
  for (const auto& [peer, entry] : entries_) {
    if (closes && entry.standing == Standing::kAccepted && unsent_.insert(peer).second) changed_.insert(peer);
  }
  list();
}

void StandingBook::write(e2e::VaultContent& out) const {
  out.clear_contacts();
  out.clear_lists_contacts();
  if (!strangers_.listed) return;
  out.set_lists_contacts(1);
  for (const auto& [peer, entry] : entries_) {
    pb::VaultContact& contact = *out.add_contacts();
    if (peer.is_group()) {
      contact.set_group(peer.group_id());
    } else {
      contact.set_user(peer.user());
    }
    contact.set_standing(static_cast<pb::ContactStanding>(entry.standing));
    contact.set_changed_ms(entry.changed_ms);
  }
  out.set_strangers(static_cast<pb::StrangersPolicy>(strangers_.wanted));
  out.set_strangers_ms(strangers_.changed_ms);
}

bool StandingBook::merge(const e2e::VaultContent& in) {
  if (in.lists_contacts() == 0) {
    for (const pb::Pin& pin : in.pins()) {
      const auto peer = ConversationId::direct(pin.user());
      if (!entries_.contains(peer)) put(peer, {Standing::kAccepted, 0}, false);
    }
    for (const pb::VaultGroup& group : in.groups()) {
      const Result<e2e::GroupState> state = e2e::restore_group(group.state(), group.signer_fpr());
      const auto peer = state.ok() ? ConversationId::group(state->group_id) : ConversationId();
      if (!peer.empty() && !entries_.contains(peer)) put(peer, {Standing::kAccepted, 0}, false);
    }
    return strangers_.listed;
  }
  list();
  bool ours_is_more = false;
  std::set<ConversationId> theirs;
  for (const pb::VaultContact& contact : in.contacts()) {
    const ConversationId peer = peer_of(contact);
    theirs.insert(peer);
    const Entry other{standing_of(contact.standing()), contact.changed_ms()};
    const auto it = entries_.find(peer);
    const auto rank = [](const Entry& e) { return std::tuple(e.changed_ms, static_cast<int>(e.standing)); };
    if (it != entries_.end() && rank(it->second) >= rank(other)) {
      ours_is_more |= rank(it->second) > rank(other);
      continue;
    }
    const bool asked = it == entries_.end() || it->second.standing == Standing::kNone;
    if (other.standing == Standing::kNone && asked) turned_down_.push_back({peer, other.changed_ms});
    put(peer, other, false);
  }
  // A full vault has no room for people of before.
  vault_full_ = may_be_cut(in);
  for (const auto& [peer, entry] : entries_) {
    ours_is_more |= !theirs.contains(peer) && !(vault_full_ && is_of_before(entry.changed_ms));
  }
  forget_oldest();
  // Of two decisions at one time the higher number holds, as with contacts.
  const std::pair their_policy(int64_t{in.strangers_ms()}, static_cast<int>(in.strangers()));
  const std::pair our_policy(strangers_.changed_ms, strangers_.wanted);
  if (their_policy > our_policy) {
    strangers_.changed_ms = their_policy.first;
    strangers_.wanted = their_policy.second;
    strangers_changed_ = true;
    policy_unsent_ = false;
  }
  return ours_is_more || our_policy > their_policy;
}

bool StandingBook::compare(const ServerCopy& server, bool vault_is_newest, bool keeps_accepted) {
  // A block of a session that ended before its vault was stored.
  const auto blocks = [](const auto& contact) { return contact.second == Standing::kBlocked; };
  if (std::any_of(server.contacts.begin(), server.contacts.end(), blocks)) list();
  if (!strangers_.listed) return false;
  bool left = false;
  const auto differs = [&](const ConversationId& peer) {
    if (unsent_.contains(peer)) return;
    if (!vault_is_newest) {
      left = true;
      return;
    }
    unsent_.insert(peer);
    if (entries_.contains(peer)) changed_.insert(peer);
  };
  for (const auto& [peer, standing] : server.contacts) {
    // As the earliest decision: another device may have the entry with its time.
    if (server.only && !entries_.contains(peer)) put(peer, {standing, 1}, false);
    const bool may_be_left_out =
        (vault_full_ || keeps_accepted) && standing == Standing::kAccepted && !entries_.contains(peer);
    if (of(peer) != standing && !may_be_left_out) differs(peer);
  }
  for (const auto& [peer, entry] : entries_) {
    if (entry.standing == Standing::kNone || server.contacts.contains(peer)) continue;
    const auto told = told_.find(peer);
    if (told == told_.end() || told->second != std::pair(entry.standing, kTellTimes)) differs(peer);
  }
  if (strangers_.wanted != 0 && strangers_.wanted != static_cast<int>(server.strangers) && !policy_unsent_) {
    policy_unsent_ = vault_is_newest;
    left = left || !vault_is_newest;
  }
  return left;
}

bool StandingBook::on_server_policy(Strangers policy) {
  if (policy == Strangers::kUndecided || strangers_.server == static_cast<int>(policy)) return false;
  strangers_.server = static_cast<int>(policy);
  strangers_changed_ = true;
  if (policy != Strangers::kTake) {
    list();
    if (strangers_.wanted == 0) {
      strangers_.wanted = strangers_.server;
      strangers_.changed_ms = 1;
    }
  }
  return true;
}

std::vector<StandingBook::Decision> StandingBook::unsent(size_t limit) const {
  std::vector<Decision> out;
  if (!strangers_.listed) return out;
  // Blocks first, and groups last.
  for (const int turn : {0, 1, 2}) {
    for (const ConversationId& peer : unsent_) {
      if (out.size() == limit) return out;
      const Standing standing = of(peer);
      if (turn == (standing == Standing::kBlocked ? 0 : peer.is_group() ? 2 : 1)) out.emplace_back(peer, standing);
    }
  }
  return out;
}

void StandingBook::stored(const std::vector<Decision>& decisions, Strangers policy) {
  for (const auto& [peer, standing] : decisions) {
    if (standing == Standing::kNone) {
      told_.erase(peer);
    } else {
      std::pair<Standing, int>& told = told_[peer];
      told = {standing, told.first == standing ? std::min(told.second + 1, kTellTimes) : 1};
    }
    if (of(peer) != standing || unsent_.erase(peer) == 0) continue;
    if (entries_.contains(peer)) changed_.insert(peer);
  }
  on_server_policy(policy);
  if (strangers_.wanted == strangers_.server) policy_unsent_ = false;
}

std::vector<store::StandingRow> StandingBook::take_changed() {
  std::vector<store::StandingRow> out;
  for (const ConversationId& peer : std::exchange(changed_, {})) {
    const auto it = entries_.find(peer);
    out.push_back({peer, 0, 0, false});
    if (it == entries_.end()) continue;
    // Time 0 and no standing means a deleted row, so an entry of that kind is not kept.
    out.back() = {peer, static_cast<int>(it->second.standing), it->second.changed_ms, unsent_.contains(peer)};
  }
  return out;
}

}  // namespace fastchat::client
