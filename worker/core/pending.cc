#include "worker/core/pending.h"

#include "common/check.h"

namespace fastchat::worker {

// A pid is the generation in the high bits and the slot in the low 24: 16 million at a time, never 0, never reused.
constexpr unsigned kSlotBits = 24;

Pending& PendingTable::add(int64_t now) {
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
  bytes_ -= p.envelope.size() + kOverhead;
  free_.push_back(static_cast<uint32_t>(p.pid & ((1u << kSlotBits) - 1)));
  p.pid = 0;
  p.session = 0;
  p.to_uid = 0;
  p.open = 0;
  p.reached_recipient = p.safe_for_recipient = false;
  p.failure = Code::kOk;
  p.targets.clear();
  p.envelope.clear();
  if (p.envelope.capacity() > 4096) p.envelope.shrink_to_fit();
  --size_;
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
