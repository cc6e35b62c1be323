// One attached client, and the table of them. Pure.
//
// A session is draining until its queue is empty, then live; a consumer that is too slow is slow until it has caught
// up, then draining again. Only a live session is given new messages; for the others they go to the queue.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "common/bytes.h"
#include "common/frames.h"
#include "common/wire.h"
#include "worker/core/store.h"

namespace fastchat::worker {

enum class SessionState : uint8_t { kDraining, kLive, kSlow };

// A delivery that the client has not acknowledged, and the origin to tell of the acknowledgement.
struct Unacked {
  enum class Source : uint8_t { kHere, kPeer, kQueue };
  Source source = Source::kHere;
  bool for_recipient = false;  // kQueue: not a copy for the sender's other device
  bool to_group = false;       // kQueue
  uint32_t bytes = 0;
  uint64_t handle = 0;  // kHere, kPeer: pid; kQueue: mid
  uint64_t origin = 0;  // kPeer: worker_id; kQueue: from_did
  uint64_t ref = 0;     // kQueue
  bool quiet = false;   // kQueue: the receipt is held back
  uint64_t gid = 0;     // kQueue, quiet, of a message to a group
};

// Unacknowledged deliveries in tag order. Tags are consecutive, so the tag of an entry is its place.
class UnackedList {
 public:
  size_t size() const { return items_.size() - head_; }
  bool empty() const { return size() == 0; }
  uint64_t bytes() const { return bytes_; }
  uint64_t last_tag() const { return first_tag_ + size() - 1; }
  uint64_t push(const Unacked& u);
  // Removes everything up to `tag` and calls f on each; tags already gone or not yet given are ignored.
  void ack_upto(uint64_t tag, const std::function<void(const Unacked&)>& f);
  void each(const std::function<void(const Unacked&)>& f) const;

 private:
  std::vector<Unacked> items_;
  size_t head_ = 0;
  uint64_t first_tag_ = 1;
  uint64_t bytes_ = 0;
};

struct Session {
  SessionId id = 0;
  uint64_t rid = 0;
  uint32_t version = wire::kMinVersion;  // of the protocol, as negotiated
  std::string key;                       // the User-Id that every frame must carry
  uint64_t uid = 0, did = 0, epoch = 0;
  std::string user;
  Bytes device;
  SessionState state = SessionState::kDraining;
  UnackedList unacked;
  std::unordered_set<uint64_t> held;  // mids on their way to the client, until their rows are removed
  bool drain_asked = false;           // a Drain is at the store
  bool drain_again = false;           // something was queued meanwhile
  bool drain_more = false;            // the last Drain was cut off by its limit
  bool told_drained = false;
  bool receipts_wanted = true;                 // the next Drain brings stored receipts too
  bool receipts_asked = false;                 // the Drain at the store brings stored receipts too
  std::unordered_set<uint64_t> receipts_held;  // ids on their way to the client, until they are removed
  std::unordered_set<uint64_t> receipts_open;  // those of receipts_held that the client has not acknowledged
  int64_t drain_retry_at = 0;                  // 0: none
  uint32_t in_flight = 0;                      // sends without a receipt
  struct OpenRequest {
    uint64_t request = 0;
    uint32_t units = 0;
  };
  std::vector<OpenRequest> open;  // requests without an answer; see Intake
  uint32_t open_units = 0;
  bool wants_signals = false;
  int64_t signals_due = 0;  // see Signals::allowed
  int64_t heard_at = 0;
  int64_t devices_told_at = 0;             // time of the last DevicesChanged; 0: never
  bool devices_untold = false;             // the devices changed again since
  int64_t attached_at = 0, active_at = 0;  // active: sent or got a message, or asked for something
  int64_t leave_by = 0;                    // deadline to leave for another worker; 0: none
  DownstreamWriter out;
  bool dirty = false;
  std::deque<Bytes> backlog;  // frames that the socket did not take, in order
  uint64_t backlog_bytes = 0;
  int64_t backlog_since = 0;
  bool over = false;  // ends with this turn
};

class Sessions {
 public:
  // Adds a session. The caller has ended any session with the same rid or did.
  Session& add(uint64_t rid, uint64_t did, uint64_t uid);
  void remove(SessionId id);
  Session* by_rid(uint64_t rid) { return find(by_rid_, rid); }
  Session* by_did(uint64_t did) { return find(by_did_, did); }
  Session* get(SessionId id) {
    const auto it = by_id_.find(id);
    return it == by_id_.end() ? nullptr : it->second.get();
  }
  size_t size() const { return by_id_.size(); }
  // Calls f on each session; f may not add or remove.
  template <class F>
  void each(F&& f) {
    for (auto& entry : by_id_) f(*entry.second);
  }
  std::vector<SessionId> ids() const;
  // Calls f on the sessions of one user; f may not add or remove.
  template <class F>
  void each_of(uint64_t uid, F&& f) {
    const auto it = by_uid_.find(uid);
    if (it == by_uid_.end()) return;
    for (Session* s : it->second) f(*s);
  }

 private:
  Session* find(const std::unordered_map<uint64_t, Session*>& map, uint64_t key) {
    const auto it = map.find(key);
    return it == map.end() ? nullptr : it->second;
  }
  std::unordered_map<SessionId, std::unique_ptr<Session>> by_id_;
  std::unordered_map<uint64_t, Session*> by_rid_, by_did_;
  std::unordered_map<uint64_t, std::vector<Session*>> by_uid_;
  SessionId next_ = 1;
};

}  // namespace fastchat::worker
