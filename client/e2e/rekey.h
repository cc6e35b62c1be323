// A change of a user's key, signed by the old key. Without a Rekey, sending to that user is blocked until the person at
// this client accepts the new key. Pure.
#pragma once

#include "client/e2e/content.h"
#include "client/e2e/identity.h"

namespace fastchat::e2e {

// Makes and signs a Rekey. `next` is the same user with the new key first; the key of `old_identity` signs. `counter`
// is greater than any used before.
Rekey make_rekey(const Identity& old_identity, const Identity& next, uint64_t counter);

// Returns the new key when `pinned` signed the change, the fingerprint is right for this realm and user, and counter >
// last_counter. Fails with kLocalUntrustedKey otherwise, and with kMalformed for an unsound new key. The caller pins
// the new key and leaves a notice in the conversation.
Result<PeerKey> accept_rekey(const Rekey& rekey, const PeerKey& pinned, uint64_t last_counter, ByteView realm);

// Encodes the protobuf Rekey, as it is served beside a public key. parse_rekey() checks the form only.
Bytes encode_rekey(const Rekey& rekey);
Result<Rekey> parse_rekey(ByteView bytes);

}  // namespace fastchat::e2e
