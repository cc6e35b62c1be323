// X25519 (RFC 7748), the Diffie-Hellman of suite 2. Pure: the secrets are the caller's random bytes.
#pragma once

#include "client/e2e/secret.h"
#include "common/result.h"

namespace fastchat::e2e {

// Returns true for 32 bytes that are a little-endian number below 2^255 - 19: the only encoding of a point.
bool canonical_point(ByteView point);
// Returns the public point of a secret of 32 bytes.
Bytes x25519_public(const Secret& secret);
// Returns the 32 bytes that both sides share. Fails with kLocalCrypto when they are all zero, as with every point of
// low order, and when `point` does not have 32 bytes.
Result<Secret> x25519(const Secret& secret, ByteView point);
// Returns true for an output of 32 zeros, which everybody knows. x25519() refuses it itself: OpenSSL 3.0 does, too, and
// does not promise to.
bool known_to_all(ByteView shared);
// Returns true for a point that gives zeros with every secret.
bool low_order(ByteView point);

}  // namespace fastchat::e2e
