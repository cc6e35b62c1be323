#include "worker/core/addressing.h"

#include <algorithm>
#include <utility>

namespace fastchat::worker {

Addressing::Outcome Addressing::resolve(Pending& p, Code* code) {
  return p.group.empty() ? resolve_direct(p, code) : resolve_group(p, code);
}

// Returns null if the user must be looked up (p then waits) or, with *code set, does not exist.
const UserRow* Addressing::user(Pending& p, const std::string& name, Code* code) {
  const DirectoryEntry* e = st_.directory.usable(name, p.arrived, st_.now);
  if (e == nullptr) {
    ++p.awaits;
    if (st_.directory.wait(name, p.pid, st_.now)) st_.ask_users.push({p.from_uid, p.session}, name);
    return nullptr;
  }
  if (e->state == DirectoryEntry::State::kKnown) return &e->user;
  *code = Code::kUnknownUser;
  return nullptr;
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
  const UserRow* to = user(p, p.to, code);
  if (*code != Code::kOk) return Outcome::kRefused;
  const UserRow* from = user(p, p.from, code);
  if (*code != Code::kOk) return Outcome::kRefused;
  if (to == nullptr || from == nullptr) return Outcome::kWaits;
  p.to_uid = to->uid;
  if (to->uid != from->uid) {
    p.members.push_back({to->uid});
    add_devices(p, *to, 0);
  }
  add_devices(p, *from, kNoMember);
  chosen(p);
  return Outcome::kChosen;
}

Addressing::Outcome Addressing::resolve_group(Pending& p, Code* code) {
  const GroupEntry* entry = st_.groups.usable(p.group, p.arrived, st_.now);
  *code = entry == nullptr ? Code::kOk : may_send(*entry, p.from_uid, p.epoch);
  const bool no = *code != Code::kOk && *code != Code::kStaleEpoch;
  if (entry == nullptr || (no && entry->as_of < p.arrived)) {
    *code = Code::kOk;
    ++p.awaits;
    if (st_.groups.wait(p.group, p.pid, st_.now)) st_.ask_groups.push({p.from_uid, p.session}, p.group);
    return Outcome::kWaits;
  }
  if (*code != Code::kOk) return Outcome::kRefused;
  const auto people = recipients(entry->row, p.epoch);
  std::vector<const UserRow*> users;
  users.reserve(people.size());
  for (const GroupMember* m : people) users.push_back(user(p, m->name, code));
  if (*code != Code::kOk) {
    // A member just deleted the account, or the look-up mixed two states. The group is looked up again soon.
    *code = Code::kBusy;
    return Outcome::kRefused;
  }
  if (p.awaits != 0) return Outcome::kWaits;
  p.to_gid = entry->row.gid;
  for (const UserRow* u : users) {
    const bool self = u->uid == p.from_uid;
    add_devices(p, *u, self ? kNoMember : static_cast<uint32_t>(p.members.size()));
    if (!self) p.members.push_back({u->uid});
  }
  chosen(p);
  return Outcome::kChosen;
}

void Addressing::keep_complete(std::vector<uint64_t>&& served, std::vector<uint64_t>* ready) {
  for (const uint64_t pid : served) {
    Pending* p = st_.pending.get(pid);
    if (p != nullptr && --p->awaits == 0) ready->push_back(pid);
  }
}

void Addressing::looked_up(const LookedUp& reply, std::vector<uint64_t>* ready, std::vector<uint64_t>* failed) {
  std::vector<uint64_t> served;
  std::vector<std::string> again;
  st_.directory.take(reply, st_.now, &served, failed, &again);
  for (auto& name : again) st_.ask_users.push({}, std::move(name));
  keep_complete(std::move(served), ready);
}

void Addressing::looked_up(GroupsLookedUp&& reply, std::vector<uint64_t>* ready, std::vector<uint64_t>* failed) {
  std::vector<uint64_t> served;
  std::vector<Bytes> again;
  st_.groups.take(std::move(reply), st_.now, &served, failed, &again);
  for (auto& group : again) st_.ask_groups.push({}, std::move(group));
  keep_complete(std::move(served), ready);
}

}  // namespace fastchat::worker
