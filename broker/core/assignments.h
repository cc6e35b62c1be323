// Assigns a logged-in device to a worker (PROTOCOL.md sections 3, 5). Sends an Invalidate to every worker and, when the
// device is new, waits for all answers. Lets the device adopt the queue when it is new or when its user's mailbox holds
// something. Then asks one worker after the other for a grant until one answers. Pure; time is a parameter. Collects
// the outcomes for the engine (take_outcomes), which alone sends frames to clients.
//
// A flow ends when its client is gone, or after five seconds. Nothing is lost then: the store treats a device as new
// until the device has adopted its queue. The next login of the device waits for the workers again, and continues
// adopting where the ended flow stopped.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "broker/core/lanes.h"
#include "broker/core/ports.h"
#include "broker/core/roster.h"
#include "common/bytes.h"
#include "common/result.h"
#include "proto/control.pb.h"

namespace fastchat::broker {

// The link of a waiting client: its routing id and Link::serial.
struct Waiter {
  Rid rid = 0;
  uint64_t serial = 0;
  auto operator<=>(const Waiter&) const = default;
};

struct Outcome {
  Waiter client;
  Code code = Code::kOk;  // OK, NO_WORKER or BUSY
  std::string endpoint;   // the worker's; empty unless OK
  Bytes key;
  std::string worker;
  uint64_t session_epoch = 0;
};

class Assignments {
 public:
  static constexpr int64_t kClientWaitUs = 5'000'000;
  // The time that a worker trusts its directory after a broker's last answer, and a little more.
  static constexpr int64_t kTrustUs = 2'100'000;
  static constexpr int64_t kRepeatUs = 1'000'000;  // between two sends of an unanswered Invalidate
  static constexpr size_t kMaxAdopting = 20;       // devices of one user that wait to adopt
  // Marks the ids of AdoptQueue requests. The ids of the engine's own store requests lack this bit.
  static constexpr uint64_t kAdoptBit = uint64_t{1} << 63;

  Assignments(Roster& roster, Ports& ports, Lanes& lanes) : roster_(roster), ports_(ports), lanes_(lanes) {}

  // Notes that the broker started or resumed at now_us, and has no data about the workers yet. The broker admits a new
  // device only after kTrustUs: by then, workers that the broker does not hear of no longer trust their directories
  // (PROTOCOL.md section 5).
  void began(int64_t now_us) { settled_us_ = now_us + kTrustUs; }
  // Calls began() on the first call. Every input of the engine calls runs().
  void runs(int64_t now_us) {
    if (settled_us_ == INT64_MIN) began(now_us);
  }

  // Begins a flow; a client has at most one. `grant` is complete except for its id. `adopts`: the device is known, and
  // the store holds something that adopting hands out.
  void begin(int64_t now_us, const Waiter& client, v1::Grant grant, bool is_new, bool adopts);

  // Ends the sessions and grants of a device on every worker. Sessions and grants of epoch `good_from` and later are
  // accepted again; 0: none ever. The device's client asks a broker, whose answer has the reason.
  void end_device(uint64_t uid, uint64_t did, uint64_t good_from);

  // Makes every worker drop what it cached about the user. No session ends.
  void forget_user(uint64_t uid) { send_all(uid, 0, 0); }

  void on_client_gone(const Waiter& client);
  void on_invalidated(int64_t now_us, uint64_t worker_id, uint64_t id);
  void on_granted(uint64_t worker_id, uint64_t grant_id);
  // Sends the worker its open Invalidates and Grants again: the worker may have missed those on its former link.
  void on_worker_registered(uint64_t worker_id);
  void on_worker_gone(int64_t now_us, uint64_t worker_id);
  void on_adopted(int64_t now_us, uint64_t store_id, bool ok, bool more);

  void tick(int64_t now_us);
  // Returns the next due time in us, INT64_MAX when nothing waits.
  int64_t next_due_us() const;

  std::vector<Outcome> take_outcomes() { return std::exchange(outcomes_, {}); }
  size_t size() const { return flows_.size(); }
  void clear();

 private:
  enum class Stage { kInvalidating, kAdopting, kGranting };
  struct Flow {
    uint64_t id = 0;  // also the id of its Invalidate
    Stage stage = Stage::kInvalidating;
    Waiter client;
    v1::Grant grant;
    std::set<uint64_t> waiting;  // workers that did not answer the Invalidate
    std::set<uint64_t> tried;    // workers that were asked to grant
    uint64_t worker_id = 0;      // the worker asked last
    int64_t until_us = 0;
    int64_t due_us = 0;
  };

  void invalidate_all(const v1::Grant& grant, uint64_t id);
  void send_all(uint64_t uid, uint64_t did, uint64_t session_epoch);
  void send_invalidate(const v1::Grant& grant, uint64_t id, const Worker& worker);
  SendResult send_grant(const Flow& flow, const Worker& worker);
  void all_know(int64_t now_us, Flow& flow);
  void adopt(Flow& flow);
  void grant_next(int64_t now_us, Flow& flow);
  void on_due(int64_t now_us, Flow& flow);
  void set_due(Flow& flow, int64_t due_us);
  void end(Flow& flow, Code code, const Worker* worker);
  void erase(Flow& flow);

  Roster& roster_;
  Ports& ports_;
  Lanes& lanes_;
  int64_t settled_us_ = INT64_MIN;  // not running yet
  uint64_t last_id_ = 0;
  std::map<uint64_t, Flow> flows_;
  std::map<Waiter, uint64_t> by_client_;
  std::unordered_map<uint64_t, uint64_t> by_grant_;
  std::set<std::pair<int64_t, uint64_t>> due_;
  std::vector<Outcome> outcomes_;
};

}  // namespace fastchat::broker
