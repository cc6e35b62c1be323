// The source of salts, keys and nonces. The default is the operating system's generator; tests that need fixed bytes
// pass their own source. RSA (key generation, OAEP, PSS) always uses OpenSSL's generator.
#pragma once

#include <cstddef>

#include "client/e2e/secret.h"
#include "common/bytes.h"

namespace fastchat::e2e {

class Random {
 public:
  virtual ~Random() = default;
  // Fills [p, p + n). Never fails: a machine without random numbers aborts the process.
  virtual void fill(void* p, size_t n) = 0;

  Bytes bytes(size_t n);
  Secret secret(size_t n);
};

// Returns the default source, which is stateless and usable from any thread.
Random& system_random();

}  // namespace fastchat::e2e
