// A group state that was parsed but whose signature was not verified yet. Shared by group.cc and group_key.cc only.
#pragma once

#include "client/e2e/group.h"

namespace fastchat::e2e {

struct SignedState {
  GroupState state;
  Bytes state_bytes;
  Bytes sig;
};

// Parses a state and checks its form and fields; fails with kMalformed or kTooLarge. Stores `signer_fpr` in the state:
// the caller verifies with that key.
Result<SignedState> parse_signed_state(ByteView signed_state, ByteView signer_fpr);

}  // namespace fastchat::e2e
