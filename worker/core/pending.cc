#include "worker/core/pending.h"

#include <algorithm>

#include "common/check.h"

namespace fastchat::worker {

// A pid is the generation in the high bits and the slot in the low 24: 16 million at a time, never 0, never reused.
constexpr unsigned kSlotBits = 24;

void Pending::add_target(const Target& t) {
  targets.push_back(t);
  ++counts_[static_cast<size_t>(t.state)];
}

void Pending::sort_targets() {
  std::sort(targets.begin(), targets.end(), [](const Target& a, const Target& b) { return a.did < b.did; });
}

Target* Pending::target(uint64_t did) {
  const auto it =
      std::lower_bound(targets.begin(), targets.end(), did, [](const Target& t, uint64_t d) { return t.did < d; });
  return it != targets.end() && it->did == did ? &*it : nullptr;
}

void Pending::set(Target& t, TargetState s) {
  --counts_[static_cast<size_t>(t.state)];
  t.state = s;
  ++counts_[static_cast<size_t>(s)];
  if (s == TargetState::kSafe && t.member != kNoMember && !members[t.member].safe) {
    members[t.member].safe = true;
    ++safe;
  }
}

void Pending::set_reached(const Target& t) {
  if (t.member == kNoMember || members[t.member].reached || members[t.member].quiet) return;
  members[t.member].reached = true;
  ++reached;
}

uint32_t Pending::member(uint64_t uid) const {
  const auto it =
      std::lower_bound(members.begin(), members.end(), uid, [](const Recipient& r, uint64_t u) { return r.uid < u; });
  return it != members.end() && it->uid == uid ? static_cast<uint32_t>(it - members.begin()) : kNoMember;
}

void Pending::clear() {
  pid = session = to_uid = to_gid = epoch = charged = before = behind = 0;
  awaits = reached = safe = 0;
  chosen = asked_in_vain = false;
  failure = Code::kOk;
  group.clear();
  members.clear();
  targets.clear();
  counts_ = {};
  envelope.clear();
  // A slot keeps the memory for a common message, not for the largest that it ever held.
  if (envelope.capacity() > 4096) envelope.shrink_to_fit();
  if (members.capacity() > 16) members.shrink_to_fit();
  if (targets.capacity() > 32) targets.shrink_to_fit();
}

Pending& PendingTable::add(int64_t now, uint64_t from_uid, uint64_t from_did) {
  if (free_.empty()) {
    FC_CHECK(slots_.size() < (1u << kSlotBits));
    slots_.emplace_back();
    free_.push_back(static_cast<uint32_t>(slots_.size() - 1));
  }
  const uint32_t slot = free_.back();
  free_.pop_back();
  Pending& p = slots_[slot];
  p.pid = ++generation_ << kSlotBits | slot;
  p.arrived = now;
  p.from_uid = from_uid;
  p.from_did = from_did;
  uint64_t& newest = newest_of_[from_did];
  p.before = newest;
  if (Pending* other = get(newest); other != nullptr) other->behind = p.pid;
  newest = p.pid;
  ++size_;
  return p;
}

Pending* PendingTable::get(uint64_t pid) {
  const uint64_t slot = pid & ((1u << kSlotBits) - 1);
  if (slot >= slots_.size() || slots_[slot].pid != pid || pid == 0) return nullptr;
  return &slots_[slot];
}

void PendingTable::remove(Pending& p) {
  FC_CHECK(p.pid != 0);
  charge(p.from_uid, p.charged, 0);
  if (Pending* older = get(p.before); older != nullptr) older->behind = p.behind;
  if (Pending* newer = get(p.behind); newer != nullptr) {
    newer->before = p.before;
  } else {
    newest_of_[p.from_did] = p.before;
  }
  free_.push_back(static_cast<uint32_t>(p.pid & ((1u << kSlotBits) - 1)));
  p.clear();
  --size_;
  // An entry stays for its sender's next message, until there are many more entries than messages.
  if (newest_of_.size() > kSpare + 2 * size_) std::erase_if(newest_of_, [](const auto& e) { return e.second == 0; });
  if (bytes_of_.size() > kSpare + 2 * size_) std::erase_if(bytes_of_, [](const auto& e) { return e.second == 0; });
}

void PendingTable::account(Pending& p) {
  const uint64_t was = p.charged;
  p.charged = p.envelope.size() + kOverhead;
  if (p.chosen) p.charged += p.targets.size() * sizeof(Target) + p.members.size() * sizeof(Recipient);
  charge(p.from_uid, was, p.charged);
}

void PendingTable::charge(uint64_t uid, uint64_t was, uint64_t is) {
  bytes_ += is - was;
  bytes_of_[uid] += is - was;
}

bool PendingTable::room_for(uint64_t uid, uint64_t bytes, uint64_t most, uint64_t share) const {
  const auto it = bytes_of_.find(uid);
  const uint64_t has = it == bytes_of_.end() ? 0 : it->second;
  const uint64_t free = most > bytes_ ? most - bytes_ : 0;
  return has + bytes + kOverhead <= free / share;
}

uint64_t PendingTable::next_expired(int64_t now) {
  while (!deadlines_.empty() && deadlines_.front().at <= now) {
    const uint64_t pid = deadlines_.front().pid;
    deadlines_.pop_front();
    if (get(pid) != nullptr) return pid;
  }
  return 0;
}

int64_t PendingTable::next_deadline() {
  while (!deadlines_.empty() && get(deadlines_.front().pid) == nullptr) deadlines_.pop_front();
  return deadlines_.empty() ? INT64_MAX : deadlines_.front().at;
}

}  // namespace fastchat::worker
