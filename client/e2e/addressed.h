// Decides whether data sealed for an epoch of a group is for this reader and from a member, and which key opens it.
// Messages and signals share the decision. Pure.
#pragma once

#include "client/e2e/message.h"

namespace fastchat::e2e {

struct Addressed {
  const KeyPair* key = nullptr;  // set with kOpened alone; valid until the next call of groups.epoch()
  Outcome outcome = Outcome::kOpened;
  Reason reason = Reason::kNone;
  const char* why = "";
};

// Performs step 4 of docs/e2e.md for a header whose sender has proved to be from_user with from_fpr. `as_of`: as in
// open_message(). A member who changed the key is listed under an earlier key until the admin makes the next epoch.
Addressed addressed_in_group(const Identity& me, const Header& header, const Pins& pins, const Groups& groups,
                             std::optional<uint64_t> as_of = std::nullopt);

}  // namespace fastchat::e2e
