// A change of a user's key, signed by the old key and by the new one. The old key's signature leads to the new key.
// The new key's signature vouches for the key directly before, so nobody can put a key of his own before another's
// without that key. Without a
// Rekey, sending to that user is blocked until the person at this client accepts the new key. Pure.
#pragma once

#include <string_view>
#include <vector>

#include "client/e2e/content.h"
#include "client/e2e/identity.h"

namespace fastchat::e2e {

// Makes and signs a Rekey. `next` is the same user with the new key first; the keys of `old_identity` and `next` sign.
// `counter` is greater than any used before.
Rekey make_rekey(const Identity& old_identity, const Identity& next, uint64_t counter);

// Returns the new key when `pinned` and the new key signed the change, the fingerprint is right for this realm and
// user, and counter > last_counter. Fails with kLocalUntrustedKey otherwise, and with kMalformed for an unsound new
// key. The caller pins the new key and leaves a notice in the conversation.
Result<PeerKey> accept_rekey(const Rekey& rekey, const PeerKey& pinned, uint64_t last_counter, ByteView realm);

// Follows all changes of a user's key, each signed by the key before and by the next, from the key of the sign-up on.
// Returns the keys, the oldest first; one when there were no changes. Fails with kMalformed, or with kLocalUntrustedKey
// when a signature does not hold, a number does not rise, or a key comes twice. A server that leaves out the newest
// changes is not noticed here: the caller compares the last key with the pinned one.
Result<std::vector<PeerKey>> follow_rekeys(ByteView realm, std::string_view user, ByteView first_spki,
                                           const std::vector<Bytes>& rekeys);

// Returns the last `count` changes that led to this identity's newest key, whose number is `counter`, the oldest first.
// The keys of the identity sign them anew, so a server that lost them can have them again. `count` is less than the
// number of the identity's keys, and at most `counter` (FC_CHECK).
std::vector<Bytes> make_rekeys(const Identity& identity, uint64_t counter, size_t count);

// Encodes the protobuf Rekey, as it is served beside a public key. parse_rekey() checks the form only.
Bytes encode_rekey(const Rekey& rekey);
Result<Rekey> parse_rekey(ByteView bytes);

}  // namespace fastchat::e2e
