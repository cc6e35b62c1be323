// Handles the requests about contacts and cards (PROTOCOL.md, "Contacts"), and tells sessions and workers of changes.
// Each request gets exactly one answer. Addressing decides about messages. Pure.
#pragma once

#include "common/rates.h"
#include "proto/client.pb.h"
#include "worker/core/intake.h"
#include "worker/core/outbound.h"
#include "worker/core/state.h"

namespace fastchat::worker {

class Contacts {
 public:
  Contacts(State& state, Outbound& out, Intake& intake) : st_(state), out_(out), intake_(intake) {}

  // Returns true when the frame is about contacts or cards.
  bool handle(Session& s, const v1::ClientFrame& frame);
  void put(const ContactsPut& reply);
  void listed(const ContactList& reply);
  void card_put(const CardPut& reply);
  void redeemed(const CardRedeemed& reply);
  // Forgets what was cached about the user, and tells the user's sessions here of version 4, except one.
  void changed(uint64_t uid, SessionId except);

 private:
  void put(Session& s, const v1::ClientFrame& frame);
  void redeem(Session& s, const v1::ClientFrame& frame);
  void forget(uint64_t uid);
  // Does the same here and at the workers that know contacts.
  void changed_everywhere(uint64_t uid, SessionId except);

  State& st_;
  Outbound& out_;
  Intake& intake_;
  Rates by_bearer_, by_maker_;  // of tries to redeem a card
};

}  // namespace fastchat::worker
