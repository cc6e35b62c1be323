// Takes or refuses the requests of sessions: the one place where they are counted, except those about files. Bounds the
// requests without an answer of a session, and the requests a second of a user. Refuses a request that would be
// answered at once while the session's link is full. Pure.
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
  // Answers BUSY and returns false while the link is full; for a request that is answered in the same turn.
  bool room(Session& s, uint64_t request);
  // Counts the request out. Returns its session, null when the session has ended.
  Session* answered(SessionId session, uint64_t request);

 private:
  // Counts one request in the user's rate. Returns 0 when it is taken, else the microseconds by which it is too early.
  int64_t too_fast(uint64_t uid);

  State& st_;
  Outbound& out_;
  Rates rates_;  // of users
};

}  // namespace fastchat::worker
