// Handles the requests about the log of keys (PROTOCOL.md, "The log of keys"). Each request gets exactly one answer,
// from the database. Pure.
#pragma once

#include "proto/client.pb.h"
#include "worker/core/intake.h"
#include "worker/core/log_requests.h"
#include "worker/core/outbound.h"
#include "worker/core/state.h"

namespace fastchat::worker {

class KeyLog {
 public:
  KeyLog(State& state, Outbound& out, Intake& intake) : st_(state), out_(out), intake_(intake) {}

  // Returns true when the frame is about the log.
  bool handle(Session& s, const v1::ClientFrame& frame);
  void read(LogRead&& reply);

 private:
  State& st_;
  Outbound& out_;
  Intake& intake_;
};

}  // namespace fastchat::worker
