// Handles the requests of attached clients about their vaults: the head, which is stored by compare-and-swap, and the
// parts, which are named by their hashes. Each request gets exactly one answer. Pure.
#pragma once

#include "proto/client.pb.h"
#include "worker/core/intake.h"
#include "worker/core/outbound.h"
#include "worker/core/state.h"

namespace fastchat::worker {

class Vaults {
 public:
  Vaults(State& state, Outbound& out, Intake& intake) : st_(state), out_(out), intake_(intake) {}

  // Handles the frame if it is about a vault; returns false otherwise.
  bool handle(Session& s, const v1::ClientFrame& frame);

  void read(VaultRow reply);
  void read(VaultPartRows reply);
  void put(const VaultPut& reply);
  void put(const VaultPartsPut& reply);
  // Tells the user's sessions here, except one.
  void changed(uint64_t uid, uint64_t version, SessionId except);

 private:
  void refuse(Session& s, uint64_t request, Code code);

  State& st_;
  Outbound& out_;
  Intake& intake_;
};

}  // namespace fastchat::worker
