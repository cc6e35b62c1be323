// Delivers messages, and defines when a message is accepted. This worker is responsible for a message from the moment
// it reads the message until every device of the recipient (of every member of a group), and every other device of the
// sender, has acknowledged it or has it committed in the queue. Only then the sender gets its receipt. Pure.
#pragma once

#include "common/wire.h"
#include "worker/core/addressing.h"
#include "worker/core/outbound.h"
#include "worker/core/state.h"

namespace fastchat::worker {

class Delivery {
 public:
  Delivery(State& state, Outbound& out) : st_(state), out_(out), addressing_(state) {}

  // ---- from clients
  void take(Session& from, const wire::SendView& send);
  void acknowledge(Session& s, uint64_t upto);

  // ---- from the bus
  void deliver_for_peer(uint64_t peer, uint64_t did, const wire::BusDeliveryView& delivery);
  void peer_acked(uint64_t pid, uint64_t did);
  void peer_refused(uint64_t pid, uint64_t did);
  void receipt_for(uint64_t did, uint64_t ref);
  void peer_lost(uint64_t worker);
  // Queues the messages in hand for a user also for a device that has just been registered.
  void device_appeared(uint64_t uid, uint64_t did);

  // ---- from the store
  void looked_up(const LookedUp& reply);
  void looked_up(GroupsLookedUp&& reply);
  void looked_up(const StandingsLookedUp& reply);
  void inserted(const InsertDone& reply);
  // Delivers a row of the device's queue; returns false when the session already holds the row.
  bool deliver_row(Session& s, const QueuedMessage& row);

  // Gives the session's unacknowledged deliveries back to the workers responsible for them, which queue them.
  void session_ended(Session& s);
  void expire();
  // Queues every message that still waits for an acknowledgement (shutdown, overslept).
  void spill_all();

 private:
  void resolve(Pending& p);
  void go_on(const std::vector<uint64_t>& ready);
  void route_all(Pending& p);
  void ask_peer(Pending& p, uint64_t worker, const std::vector<uint64_t>& dids);
  bool give(Session& s, const Unacked& entry, ByteView envelope, v1::DeliveryKind kind);
  void stop_waiting(Pending& p, uint64_t worker);
  void queue_if_ready(Pending& p);
  void settle(Pending& p, Target& t, TargetState state);
  void finish_if_done(Pending& p);
  void tell_accepted(Pending& p);
  void reject(Pending& p, Code code);
  void release(Pending& p);
  void queued_row_acked(Session& s, const Unacked& u);

  State& st_;
  Outbound& out_;
  Addressing addressing_;
};

}  // namespace fastchat::worker
