// Takes or refuses the requests of a session: the one place where they are counted, files apart. A session has a number
// of requests without an answer, a user has a number of requests a second, and none is taken that would be answered at
// once while its link is full. Pure.
#pragma once

#include "common/rates.h"
#include "worker/core/outbound.h"
#include "worker/core/state.h"

namespace fastchat::worker {

class Intake {
 public:
  Intake(State& state, Outbound& out) : st_(state), out_(out) {}

  // Counts the request in, or answers BUSY and returns false. `bytes`: of the request, held until it is answered.
  bool take(Session& s, uint64_t request, uint64_t bytes = 0);
  // For a request that is answered in the same turn: BUSY and false while the link is full.
  bool room(Session& s, uint64_t request);
  // Counts it out; the session, null when it has ended.
  Session* answered(SessionId session, uint64_t request);

 private:
  // Counts one request of the user over time. 0: it is taken; else so many microseconds too early.
  int64_t too_fast(uint64_t uid);

  State& st_;
  Outbound& out_;
  Rates rates_;  // of users
};

}  // namespace fastchat::worker
