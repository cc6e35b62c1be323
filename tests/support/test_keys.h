// A pool of RSA-3072 key pairs made once, because making one takes half a second. One key may serve many users: a
// fingerprint covers the user's name. Not thread-safe: call it from the test's own thread.
#pragma once

#include <cstddef>

#include "client/e2e/rsa.h"
#include "common/bytes.h"

namespace fastchat::tests {

inline constexpr size_t kTestKeys = 12;

// Returns the unencrypted PKCS#8 DER of key `i`, i < kTestKeys.
Bytes test_key_pkcs8(size_t i);

// Returns the same key, parsed and checked once (0.16 s), then cached.
const e2e::KeyPair& test_key(size_t i);

}  // namespace fastchat::tests
