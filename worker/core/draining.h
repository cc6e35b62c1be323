// Emptying a device's queue into its session: at its start, when something was queued for it, after it was slow, and on
// the sweep that backs the wake-ups up. Rows are removed on acknowledgement only. Pure.
#pragma once

#include "common/rates.h"
#include "worker/core/delivery.h"
#include "worker/core/outbound.h"
#include "worker/core/state.h"

namespace fastchat::worker {

class Draining {
 public:
  Draining(State& state, Outbound& out, Delivery& delivery) : st_(state), out_(out), delivery_(delivery) {}

  // Asks for what the queue holds for s, now or as soon as there is room.
  void ask(Session& s);
  // Somebody queued a message or stored a receipt for s.
  void woken(Session& s);
  void took(const Drained& reply);
  void removed(const RemoveDone& reply);
  // Acknowledgements came, or the socket took its backlog: there may be room.
  void made_room(Session& s);
  void retry_due();
  void sweep();
  void swept(const Swept& reply);

 private:
  bool has_room(const Session& s) const;
  // Whether the user may have more by now; else the session asks again in time.
  bool in_time(Session& s);
  State& st_;
  Outbound& out_;
  Delivery& delivery_;
  Rates paces_;  // of users
  bool sweeping_ = false;
};

}  // namespace fastchat::worker
