#include "worker/core/addressing.h"

#include <algorithm>
#include <utility>

namespace fastchat::worker {

Addressing::Outcome Addressing::resolve(Pending& p, Code* code) {
  return p.group.empty() ? resolve_direct(p, code) : resolve_group(p, code);
}

// Puts p (pid 0: nobody) in line for a user.
void Addressing::ask_user(Pending& p, const std::string& name, uint64_t pid) {
  if (st_.directory.wait(name, pid, st_.now)) st_.ask_users.push({p.from_uid, p.session}, name);
}

void Addressing::ask_standing(Pending& p, const Pair& pair, uint64_t pid) {
  if (st_.standings.wait(pair, pid, st_.now)) st_.ask_standings.push({p.from_uid, p.session}, pair);
}

// Returns null if the user must be looked up (p then waits) or, with *code set, does not exist or is not known while
// the store does not answer.
const DirectoryEntry* Addressing::user(Pending& p, const std::string& name, Code* code) {
  const DirectoryEntry* e = st_.directory.usable(name, p.arrived, st_.now);
  if (e == nullptr && p.asked_in_vain) {
    *code = Code::kBusy;
    return nullptr;
  }
  if (e == nullptr) {
    ++p.awaits;
    ask_user(p, name, p.pid);
    return nullptr;
  }
  if (e->state == DirectoryEntry::State::kKnown) return e;
  *code = Code::kUnknownUser;
  return nullptr;
}

// Returns the age up to which the fact that a recipient is open to p's sender is used.
int64_t Addressing::life_of_open(const Pending& p) const {
  const bool failed = st_.lookup_failed_at != 0 && st_.now - st_.lookup_failed_at <= st_.config.contact_refresh;
  return p.asked_in_vain || failed ? st_.config.contact_life_away : st_.config.contact_life;
}

// Takes the facts from the caches, and refuses only by facts that are as new as the message: a refusal is final, and
// the recipient may just have accepted the sender. The same look-ups precede the refusal of a blocked sender and that
// of a stranger. A signal (pid 0) is dropped without them. The store decides about a stranger's message.
Addressing::Outcome Addressing::admit(Pending& p, const DirectoryEntry& to, bool* quiet, Code* code) {
  const auto fresh = [&p](int64_t as_of) { return as_of >= p.arrived; };
  const Pair pair{to.user.uid, p.from_uid};
  const StandingEntry* e = st_.standings.find(pair);
  const bool by_policy = to.user.strangers == v1::TAKE && !to.user.blocks;
  *code = by_policy ? Code::kOk : admission(to.user.strangers, e == nullptr ? v1::NONE : e->standing);
  const bool refused = *code == Code::kRefused && e != nullptr && p.pid != 0;
  const int64_t life = *code == Code::kOk ? life_of_open(p) : st_.config.contact_life;
  const auto over = [&](int64_t as_of) { return !fresh(as_of) && st_.now - as_of > life; };
  const bool needs_user = over(to.as_of) || (refused && !fresh(to.as_of));
  const bool needs_standing = !by_policy && (e == nullptr || over(e->as_of) || (refused && !fresh(e->as_of)));
  if ((needs_user || needs_standing) && p.asked_in_vain) {
    *code = Code::kBusy;
    return Outcome::kRefused;
  }
  if (needs_user || needs_standing) {
    *code = Code::kOk;
    p.awaits += (needs_user ? 1 : 0) + (needs_standing ? 1 : 0);
    if (needs_standing) ask_standing(p, pair, p.pid);
    if (needs_user) ask_user(p, p.to, p.pid);
    return Outcome::kWaits;
  }
  if (!by_policy && st_.now - e->as_of > st_.config.contact_refresh) ask_standing(p, pair, 0);
  *quiet = *code == Code::kNotAcceptedYet;
  if (*quiet) *code = Code::kOk;
  return *code == Code::kOk ? Outcome::kChosen : Outcome::kRefused;
}

void Addressing::add_devices(Pending& p, const UserRow& user, uint32_t member) {
  if (user.devices.empty() && member != kNoMember) p.add_target({.did = user.mailbox, .member = member});
  for (const uint64_t did : user.devices) {
    if (did != p.from_did) p.add_target({.did = did, .member = member});
  }
}

void Addressing::chosen(Pending& p) {
  p.sort_targets();
  p.chosen = true;
}

// A note to oneself has no member, because the device that wrote the note has it.
Addressing::Outcome Addressing::resolve_direct(Pending& p, Code* code) {
  const DirectoryEntry* to = user(p, p.to, code);
  if (*code != Code::kOk) return Outcome::kRefused;
  const DirectoryEntry* from = user(p, p.from, code);
  if (*code != Code::kOk) return Outcome::kRefused;
  if (to == nullptr || from == nullptr) return Outcome::kWaits;
  p.to_uid = to->user.uid;
  if (to->user.uid != p.from_uid) {
    bool quiet = false;
    if (const Outcome outcome = admit(p, *to, &quiet, code); outcome != Outcome::kChosen) return outcome;
    p.members.push_back({.uid = to->user.uid, .quiet = quiet});
    add_devices(p, to->user, 0);
  }
  add_devices(p, from->user, kNoMember);
  // The last use of the entries: a look-up may make room for its own.
  if (st_.now - to->as_of > st_.config.contact_refresh) ask_user(p, p.to, 0);
  chosen(p);
  return Outcome::kChosen;
}

Addressing::Outcome Addressing::resolve_group(Pending& p, Code* code) {
  const GroupEntry* entry = st_.groups.usable(p.group, p.arrived, st_.now);
  *code = entry == nullptr ? Code::kOk : may_send(*entry, p.from_uid, p.epoch);
  const bool no = *code != Code::kOk && *code != Code::kStaleEpoch;
  if (entry == nullptr || (no && entry->as_of < p.arrived)) {
    *code = p.asked_in_vain ? Code::kBusy : Code::kOk;
    if (p.asked_in_vain) return Outcome::kRefused;
    ++p.awaits;
    if (st_.groups.wait(p.group, p.pid, st_.now)) st_.ask_groups.push({p.from_uid, p.session}, p.group);
    return Outcome::kWaits;
  }
  if (*code != Code::kOk) return Outcome::kRefused;
  const auto people = recipients(entry->row, p.epoch);
  std::vector<const DirectoryEntry*> users;
  users.reserve(people.size());
  for (const GroupMember* m : people) users.push_back(user(p, m->name, code));
  if (*code != Code::kOk) {
    // A member just deleted the account, or the look-up mixed two states. The group is looked up again soon.
    *code = Code::kBusy;
    return Outcome::kRefused;
  }
  if (p.awaits != 0) return Outcome::kWaits;
  p.to_gid = entry->row.gid;
  for (size_t i = 0; i < users.size(); ++i) {
    const UserRow& u = users[i]->user;
    const bool self = u.uid == p.from_uid;
    add_devices(p, u, self ? kNoMember : static_cast<uint32_t>(p.members.size()));
    if (!self) p.members.push_back({.uid = u.uid, .quiet = people[i]->invited});
  }
  chosen(p);
  return Outcome::kChosen;
}

// Appends to *ready the messages that wait for nothing more. Of those whose look-up the store did not answer
// (`failed`), resolve() uses what is known, or refuses them as BUSY.
void Addressing::keep_complete(const std::vector<uint64_t>& served, const std::vector<uint64_t>& failed,
                               std::vector<uint64_t>* ready) {
  for (const auto* pids : {&served, &failed}) {
    for (const uint64_t pid : *pids) {
      Pending* p = st_.pending.get(pid);
      if (p == nullptr) continue;
      p->asked_in_vain |= pids == &failed;
      if (--p->awaits == 0) ready->push_back(pid);
    }
  }
}

void Addressing::note(Code answer) {
  st_.lookup_failed_at = answer == Code::kOk ? 0 : st_.now;
}

void Addressing::looked_up(const LookedUp& reply, std::vector<uint64_t>* ready) {
  note(reply.code);
  std::vector<uint64_t> served, failed;
  std::vector<std::string> again;
  st_.directory.take(reply, st_.now, &served, &failed, &again);
  for (auto& name : again) st_.ask_users.push({}, std::move(name));
  keep_complete(served, failed, ready);
}

void Addressing::looked_up(const StandingsLookedUp& reply, std::vector<uint64_t>* ready) {
  note(reply.code);
  std::vector<uint64_t> served, failed;
  std::vector<Pair> again;
  st_.standings.take(reply, st_.now, &served, &failed, &again);
  for (const Pair& pair : again) st_.ask_standings.push({}, pair);
  keep_complete(served, failed, ready);
}

void Addressing::looked_up(GroupsLookedUp&& reply, std::vector<uint64_t>* ready) {
  note(reply.code);
  std::vector<uint64_t> served, failed;
  std::vector<Bytes> again;
  st_.groups.take(std::move(reply), st_.now, &served, &failed, &again);
  for (auto& group : again) st_.ask_groups.push({}, std::move(group));
  keep_complete(served, failed, ready);
}

}  // namespace fastchat::worker
