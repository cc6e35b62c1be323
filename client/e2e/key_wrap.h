// The wraps of a message's key K, of both suites. A wrap of suite 2 opens only with the reader's RSA key and the secret
// of the prekey that the header names. Pure. Shared by message.cc and receive.cc.
#pragma once

#include <vector>

#include "client/e2e/envelope.h"
#include "client/e2e/prekey.h"
#include "client/e2e/rsa.h"

namespace fastchat::e2e {

struct WrapTo {
  const PublicKey* key = nullptr;
  ByteView point;  // suite 2: of the prekey
};

// The key pair that is made for one message of suite 2.
struct Ephemeral {
  Secret secret;
  Bytes point;
};

// Wraps `key` for each of `to`, in order. `header` is the encoded header; `eph` is null in suite 1. Fails with
// kLocalCrypto when a point gives no shared secret.
Result<std::vector<Bytes>> wrap_message_key(ByteView key, const std::vector<WrapTo>& to, ByteView header,
                                            const Ephemeral* eph, Random& random);

// Opens wrap number `which` (from 0). `prekey` is the reader's pair that the header names for this wrap, null in suite
// 1. Fails with kLocalCrypto.
Result<Secret> unwrap_message_key(const Envelope& envelope, size_t which, const KeyPair& key, const PrekeyPair* prekey);

// Returns the key under which suite 2 seals K: HKDF(k | dh, salt eph, label"wrap2" | H(header)).
Secret wrap2_key(ByteView k, ByteView dh, ByteView eph, ByteView header);
// Returns "wrap2" | H(header) | u8 i. `i` is 1 for the recipient's wrap, 2 for the sender's.
Bytes wrap2_context(ByteView header, size_t i);

}  // namespace fastchat::e2e
