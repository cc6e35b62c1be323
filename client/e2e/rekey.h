// A change of a user's key, vouched for by the old key. Without one, sending to that user is blocked until the person
// at this client accepts the new key. Pure.
#pragma once

#include "client/e2e/content.h"
#include "client/e2e/identity.h"

namespace fastchat::e2e {

// `next` is the same user with the new key first; the key of `old_identity` signs. `counter` is greater than any used
// before.
Rekey make_rekey(const Identity& old_identity, const Identity& next, uint64_t counter);

// The new key, when `pinned` signed the change, the fingerprint is right for this realm and user, and counter >
// last_counter. kLocalUntrustedKey otherwise. The caller pins it and leaves a notice in the conversation.
Result<PeerKey> accept_rekey(const Rekey& rekey, const PeerKey& pinned, uint64_t last_counter, ByteView realm);

// The protobuf Rekey, as it is served beside a public key; parse_rekey checks the form only.
Bytes encode_rekey(const Rekey& rekey);
Result<Rekey> parse_rekey(ByteView bytes);

}  // namespace fastchat::e2e
