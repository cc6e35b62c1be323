// Hands sessions over to other workers when this one has more than its share, a few a second and the idle ones first,
// as after the restart of the others. Each is told SHUTTING_DOWN, as in a drain: its client acknowledges what it has,
// asks a broker for another worker and comes back there; what is in hand stays this worker's until it is safe. Pure.
#pragma once

#include <vector>

#include "worker/core/outbound.h"
#include "worker/core/state.h"

namespace fastchat::worker {

class Levelling {
 public:
  Levelling(State& state, Outbound& out) : st_(state), out_(out) {}

  // Once a heartbeat. `share`: what a broker believes that each worker should have; 0: not known. `busy`: does this
  // session have something under way that is not seen in it?
  template <class Busy>
  void level(uint32_t share, Busy&& busy) {
    const size_t most = handed_now(share);
    if (most == 0) return;
    std::vector<Session*> idle;
    st_.sessions.each([&](Session& s) {
      if (may_go(s) && !busy(s)) idle.push_back(&s);
    });
    hand_over(idle, most);
  }
  // Appends to *gone the sessions that were told and have not left.
  void overdue(std::vector<SessionId>* gone);
  // Sessions that were told to go and are still here.
  size_t leaving() const;

 private:
  size_t handed_now(uint32_t share);
  bool may_go(const Session& s) const;
  void hand_over(std::vector<Session*>& idle, size_t most);

  State& st_;
  Outbound& out_;
  std::vector<SessionId> told_;
  bool under_way_ = false;
};

}  // namespace fastchat::worker
