// Messages that this worker is responsible for: taken from a sender, not yet safe on every device they are for. A slab
// with generations (a stale handle finds nothing), and one queue of deadlines, since all have the same patience. Pure.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "common/bytes.h"
#include "common/result.h"
#include "worker/core/store.h"

namespace fastchat::worker {

enum class TargetState : uint8_t {
  kWaiting,  // delivered to a session here or on a peer, no acknowledgement yet
  kToQueue,  // for the queue, once no other target is waiting
  kQueuing,  // on its way into the queue
  kSafe,     // acknowledged by the device, or committed in the queue
  kFailed,   // the queue did not take it
};

struct Target {
  uint64_t did = 0;
  uint64_t worker = 0;  // the peer that was asked to deliver; 0: a session here, or the queue
  TargetState state = TargetState::kWaiting;
  bool recipient = false;  // not a copy for the sender's other device
};

struct Pending {
  uint64_t pid = 0;  // 0: the slot is free
  SessionId session = 0;
  uint64_t from_uid = 0, from_did = 0, ref = 0, to_uid = 0, seq = 0;
  std::string from, to;
  Bytes stream, envelope;
  std::vector<Target> targets;
  uint32_t open = 0;               // targets neither safe nor failed
  bool reached_recipient = false;  // a recipient's device acknowledged
  bool safe_for_recipient = false;
  Code failure = Code::kOk;
  int64_t arrived = 0, deadline = 0;

  Target* target(uint64_t did) {
    for (auto& t : targets) {
      if (t.did == did) return &t;
    }
    return nullptr;
  }
};

class PendingTable {
 public:
  // A free slot with a new pid; its strings and vectors are empty but keep their memory.
  Pending& add(int64_t now);
  Pending* get(uint64_t pid);
  void remove(Pending& p);
  // Starts the patience of p, `deadline` as set in it; deadlines may not decrease.
  void watch(const Pending& p) { deadlines_.push_back({p.deadline, p.pid}); }
  // The next pid whose deadline has passed, 0 when there is none; pids that are gone are skipped.
  uint64_t next_expired(int64_t now);
  // The earliest deadline, INT64_MAX when there is none.
  int64_t next_deadline();
  size_t size() const { return size_; }
  uint64_t bytes() const { return bytes_; }
  void account(const Pending& p) { bytes_ += p.envelope.size() + kOverhead; }
  template <class F>
  void each(F&& f) {
    for (auto& p : slots_) {
      if (p.pid != 0) f(p);
    }
  }

 private:
  static constexpr uint64_t kOverhead = 300;
  struct Deadline {
    int64_t at = 0;
    uint64_t pid = 0;
  };
  std::deque<Pending> slots_;
  std::vector<uint32_t> free_;
  std::deque<Deadline> deadlines_;
  uint64_t generation_ = 0, bytes_ = 0;
  size_t size_ = 0;
};

}  // namespace fastchat::worker
