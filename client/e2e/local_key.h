// The key that seals the data that a client keeps on its own disk. The key belongs to the device: a password change,
// which makes a new vault key, does not change the local key. Pure apart from random bytes.
#pragma once

#include "client/e2e/identity.h"
#include "client/e2e/random.h"
#include "client/e2e/secret.h"
#include "common/result.h"

namespace fastchat::e2e {

// Returns SEAL( H(label"local-key" | pkcs8), "local-key" | L(realm) | L(user), local_key ), with the identity's newest
// key.
Bytes seal_local_key(const Identity& identity, const Secret& local_key, Random& random = system_random());
// Opens the box with the first of the identity's keys that fits. Fails with kLocalCrypto when none fits.
Result<Secret> open_local_key(const Identity& identity, ByteView box);

}  // namespace fastchat::e2e
