#include "client/contacts/standing_book.h"

#include <algorithm>
#include <tuple>

#include "client/account/vault_budget.h"
#include "client/e2e/group.h"

namespace fastchat::client {
namespace {

namespace pb = v1::content;
using store::ConversationId;

Standing standing_of(int value) {
  return value == 1 ? Standing::kAccepted : value == 2 ? Standing::kBlocked : Standing::kNone;
}

// Returns true for somebody whose key was known before there were contacts. Nobody decided about this one.
bool is_of_before(int64_t changed_ms) {
  return changed_ms == 0;
}

ConversationId peer_of(const pb::VaultContact& contact) {
  return contact.group().empty() ? ConversationId::direct(contact.user()) : ConversationId::group(contact.group());
}

}  // namespace

void StandingBook::restore(const std::vector<store::StandingRow>& rows, const store::StrangersRow& strangers) {
  *this = StandingBook();
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

bool StandingBook::is_listed() const {
  if (strangers_.wanted != 0) return true;
  if (strangers_.server != 0 && strangers_.server != static_cast<int>(Strangers::kTake)) return true;
  return std::any_of(entries_.begin(), entries_.end(),
                     [](const auto& e) { return e.second.standing != Standing::kAccepted; });
}

void StandingBook::put(const ConversationId& peer, Entry entry, bool unsent) {
  entries_[peer] = entry;
  changed_.insert(peer);
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
  const size_t most = standing == Standing::kAccepted ? kMaxAccepted : kMaxBlocked;
  const auto same = [&](const auto& e) { return e.second.standing == standing && !is_of_before(e.second.changed_ms); };
  if (standing != Standing::kNone &&
      std::count_if(entries_.begin(), entries_.end(), same) >= static_cast<std::ptrdiff_t>(most)) {
    return err(Code::kTooLarge, standing == Standing::kAccepted
                                    ? "you have " + std::to_string(most) + " contacts and groups, which is the most"
                                    : "you block " + std::to_string(most) + " people, which is the most: unblock one");
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
  policy_unsent_ = policy != Strangers::kUndecided;
  strangers_.wanted = static_cast<int>(policy);
  strangers_.changed_ms = std::max(now_ms, strangers_.changed_ms + 1);
  strangers_changed_ = true;
}

void StandingBook::write(e2e::VaultContent& out) const {
  out.clear_contacts();
  out.clear_lists_contacts();
  if (!is_listed()) return;
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
    return is_listed();
  }
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
    if (other.standing == Standing::kNone && asked) turned_down_.push_back(peer);
    put(peer, other, false);
  }
  // A full vault has no room for people of before.
  const bool full = nearly_full(in);
  for (const auto& [peer, entry] : entries_) {
    ours_is_more |= !theirs.contains(peer) && !(full && is_of_before(entry.changed_ms));
  }
  forget_oldest();
  if (in.strangers_ms() > strangers_.changed_ms) {
    strangers_.wanted = static_cast<int>(in.strangers());
    strangers_.changed_ms = in.strangers_ms();
    strangers_changed_ = true;
    policy_unsent_ = false;
  }
  return ours_is_more || strangers_.changed_ms > in.strangers_ms();
}

bool StandingBook::compare(const ServerCopy& server, bool vault_is_newest) {
  if (!is_listed()) return false;
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
    if (of(peer) != standing) differs(peer);
  }
  for (const auto& [peer, entry] : entries_) {
    if (entry.standing == Standing::kNone || server.contacts.contains(peer)) continue;
    const auto told = told_.find(peer);
    if (told == told_.end() || told->second != entry.standing) differs(peer);
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
  return true;
}

std::vector<StandingBook::Decision> StandingBook::unsent(size_t limit) const {
  std::vector<Decision> out;
  if (!is_listed()) return out;
  for (const ConversationId& peer : unsent_) {
    if (out.size() == limit) break;
    out.emplace_back(peer, of(peer));
  }
  return out;
}

void StandingBook::stored(const std::vector<Decision>& decisions, Strangers policy) {
  for (const auto& [peer, standing] : decisions) {
    told_.insert_or_assign(peer, standing);
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
