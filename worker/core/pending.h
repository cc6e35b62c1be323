// Messages that this worker is responsible for: taken from a sender, not yet safe on every device they are for. A slab
// with generations (a stale handle finds nothing), and one queue of deadlines, since all have the same patience. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
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

inline constexpr uint32_t kNoMember = UINT32_MAX;  // a copy for the sender's other device

struct Target {
  uint64_t did = 0;
  uint64_t worker = 0;          // the peer that was asked to deliver; 0: a session here, or the queue
  uint32_t member = kNoMember;  // the device's user: a place in Pending::members
  TargetState state = TargetState::kWaiting;
};

// A user that a message is for: the recipient, or one of the other members of a group.
struct Recipient {
  uint64_t uid = 0;
  bool reached = false;  // a device of theirs acknowledged
  bool safe = false;     // a device of theirs acknowledged, or has it in the queue
  bool quiet = false;    // the sender learns no more than that it is queued: a stranger's message, or an invitation
};

struct Pending {
  uint64_t pid = 0;  // 0: the slot is free
  SessionId session = 0;
  uint64_t from_uid = 0, from_did = 0, ref = 0, seq = 0;
  uint64_t to_uid = 0, to_gid = 0;  // 0: not known yet, or the other of the two is set
  std::string from, to;
  Bytes group;  // of a message to a group, sealed for `epoch`; then `to` is empty
  uint64_t epoch = 0;
  Bytes stream, envelope;
  uint32_t awaits = 0;             // look-ups that the message waits for
  bool asked_in_vain = false;      // the store did not answer one of them
  bool chosen = false;             // members and targets are set
  std::vector<Recipient> members;  // sorted by uid; empty for a note to oneself
  std::vector<Target> targets;     // sorted by did
  uint32_t reached = 0, safe = 0;  // members
  Code failure = Code::kOk;
  int64_t arrived = 0, deadline = 0;
  uint64_t charged = 0;             // bytes accounted for
  uint64_t before = 0, behind = 0;  // pids of the sending device's previous and next message, by arrival; 0: none

  size_t count(TargetState s) const { return counts_[static_cast<size_t>(s)]; }
  // Targets neither safe nor failed.
  size_t open() const { return targets.size() - count(TargetState::kSafe) - count(TargetState::kFailed); }
  void add_target(const Target& t);  // call sort_targets() after the last one
  void sort_targets();
  Target* target(uint64_t did);
  void set(Target& t, TargetState s);
  void set_reached(const Target& t);
  // Returns true when the target gets the message from the queue alone, also while its device is live: the moment of
  // the receipt says nothing about the devices. A stranger's message is committed before any device has it.
  bool by_queue(const Target& t) const { return stranger() || (t.member != kNoMember && members[t.member].quiet); }
  // Returns true for a message to one person who has not answered its sender.
  bool stranger() const { return group.empty() && !members.empty() && members.front().quiet; }
  // Returns the place of a user in `members`, kNoMember when the user is not among them.
  uint32_t member(uint64_t uid) const;
  void clear();

 private:
  std::array<uint32_t, 5> counts_{};
};

class PendingTable {
 public:
  // Returns a free slot with a new pid; its group, envelope, members and targets are empty but keep their memory.
  Pending& add(int64_t now, uint64_t from_uid, uint64_t from_did);
  Pending* get(uint64_t pid);
  void remove(Pending& p);
  // Starts to wait for p until p.deadline. Deadlines may not decrease from one call to the next.
  void watch(const Pending& p) { deadlines_.push_back({p.deadline, p.pid}); }
  // Returns the next pid whose deadline has passed, 0 when there is none; skips pids that are gone.
  uint64_t next_expired(int64_t now);
  // Returns the earliest deadline, INT64_MAX when there is none.
  int64_t next_deadline();
  size_t size() const { return size_; }
  uint64_t bytes() const { return bytes_; }
  // Returns true when this sender may have another message of `bytes` in hand. Together with the bytes that it has, the
  // sender may take one part in `share` of the free bytes of `most`.
  bool room_for(uint64_t uid, uint64_t bytes, uint64_t most, uint64_t share) const;
  // Charges the sender for p, after the envelope or the targets of p have changed.
  void account(Pending& p);
  // Calls f on the messages that this device sent, the newest first.
  template <class F>
  void each_of(uint64_t did, F&& f) {
    const auto it = newest_of_.find(did);
    for (Pending* p = it == newest_of_.end() ? nullptr : get(it->second); p != nullptr; p = get(p->before)) f(*p);
  }
  template <class F>
  void each(F&& f) {
    for (auto& p : slots_) {
      if (p.pid != 0) f(p);
    }
  }

 private:
  static constexpr uint64_t kOverhead = 300;
  static constexpr size_t kSpare = 4096;
  struct Deadline {
    int64_t at = 0;
    uint64_t pid = 0;
  };
  std::deque<Pending> slots_;
  std::vector<uint32_t> free_;
  std::deque<Deadline> deadlines_;
  void charge(uint64_t uid, uint64_t was, uint64_t is);
  std::unordered_map<uint64_t, uint64_t> newest_of_;  // by sending device, a pid
  std::unordered_map<uint64_t, uint64_t> bytes_of_;   // by sender
  uint64_t generation_ = 0, bytes_ = 0;
  size_t size_ = 0;
};

}  // namespace fastchat::worker
