// The key that seals what a client keeps on its own disk. It belongs to the device: a change of the password, which
// makes a new vault key, leaves it as it is. Pure apart from random bytes.
#pragma once

#include "client/e2e/identity.h"
#include "client/e2e/random.h"
#include "client/e2e/secret.h"
#include "common/result.h"

namespace fastchat::e2e {

// SEAL( H(label"local-key" | pkcs8), "local-key" | L(realm) | L(user), local_key ), with the identity's newest key.
Bytes seal_local_key(const Identity& identity, const Secret& local_key, Random& random = system_random());
// With whichever of the identity's keys fits. kLocalCrypto when none does.
Result<Secret> open_local_key(const Identity& identity, ByteView box);

}  // namespace fastchat::e2e
