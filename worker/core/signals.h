// Routes signals: small sealed notes that are true for a moment ("bob is typing"). A signal goes to sessions that are
// live, asked for signals and whose link takes them, here or at the worker that is believed to hold the device. For
// everybody else it is dropped silently. A signal has no receipt, no queue, no number. Pure.
#pragma once

#include <vector>

#include "common/wire.h"
#include "worker/core/addressing.h"
#include "worker/core/outbound.h"
#include "worker/core/state.h"

namespace fastchat::worker {

class Signals {
 public:
  Signals(State& state, Outbound& out) : st_(state), out_(out), addressing_(state) {}

  void take(Session& from, const wire::SignalView& signal);
  // Gives a signal of another worker to a device that this worker should have.
  void give(uint64_t did, ByteView envelope);
  // Routes the signals that wait, after the reply to a look-up, or drops them.
  void looked_up(Code code);

 private:
  bool allowed(Session& from);
  // Routes the signal; returns false while somebody has to be looked up.
  bool resolve(Pending& p);
  void route(const Pending& p);

  State& st_;
  Outbound& out_;
  Addressing addressing_;
  std::vector<Pending> waiting_;  // for a look-up; their pid is 0, so the directories' replies name none of them
};

}  // namespace fastchat::worker
