// Empties a device's queue into its session: at the session's start, when something was queued, after the session was
// slow, and on the sweep that makes up for lost wake-ups. Rows are removed on acknowledgement only. Pure.
#pragma once

#include "common/rates.h"
#include "worker/core/delivery.h"
#include "worker/core/outbound.h"
#include "worker/core/state.h"

namespace fastchat::worker {

class Draining {
 public:
  Draining(State& state, Outbound& out, Delivery& delivery) : st_(state), out_(out), delivery_(delivery) {}

  // Asks the store for the queued rows of s, now or as soon as there is room.
  void ask(Session& s);
  // Handles a wake-up: somebody queued a message or stored a receipt for s.
  void woken(Session& s);
  // Has the worker that holds this device read its stored receipts.
  void wake(uint64_t did);
  void took(const Drained& reply);
  void removed(const RemoveDone& reply);
  // Goes on after acknowledgements, or after the socket took its backlog, if there is room now.
  void made_room(Session& s);
  void retry_due();
  void sweep();
  void swept(const Swept& reply);

 private:
  bool has_room(const Session& s) const;
  // Returns true when the user's rate allows more rows now; else the session asks again in time.
  bool in_time(Session& s);
  State& st_;
  Outbound& out_;
  Delivery& delivery_;
  Rates paces_;  // of users
  bool sweeping_ = false;
};

}  // namespace fastchat::worker
