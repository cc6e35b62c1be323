// Shared by group.cc and group_key.cc only: a group state that was read but whose signature was not looked at yet.
#pragma once

#include "client/e2e/group.h"

namespace fastchat::e2e {

struct SignedState {
  GroupState state;
  Bytes state_bytes;
  Bytes sig;
};

// Form and field rules; kMalformed or kTooLarge. `signer_fpr` is noted in the state: the caller verifies with that key.
Result<SignedState> parse_signed_state(ByteView signed_state, ByteView signer_fpr);

}  // namespace fastchat::e2e
