// Hands sessions over to other workers when this one has more than its share, as after the restart of the others: a few
// a second, and the idle ones first. Each gets SHUTTING_DOWN, as in a drain. Its client acknowledges what it has, asks
// a broker for another worker and comes back there. This worker stays responsible for messages in hand until they are
// safe. Pure.
#pragma once

#include <vector>

#include "worker/core/outbound.h"
#include "worker/core/state.h"

namespace fastchat::worker {

class Levelling {
 public:
  Levelling(State& state, Outbound& out) : st_(state), out_(out) {}

  // Called once a heartbeat. `share`: the sessions that each worker should have, as a broker reports; 0: not known.
  // `busy(session)`: true when the session has something under way that the Session does not show.
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
  // Appends to *gone the sessions that were told to leave and have not left in time.
  void overdue(std::vector<SessionId>* gone);
  // Returns the number of sessions that were told to leave and are still here.
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
