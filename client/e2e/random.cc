#include "client/e2e/random.h"

#include <openssl/rand.h>

#include "common/check.h"

namespace fastchat::e2e {
namespace {

class SystemRandom final : public Random {
 public:
  void fill(void* p, size_t n) override {
    FC_CHECK(RAND_bytes(static_cast<unsigned char*>(p), static_cast<int>(n)) == 1);
  }
};

}  // namespace

Bytes Random::bytes(size_t n) {
  Bytes out(n, '\0');
  fill(out.data(), n);
  return out;
}

Secret Random::secret(size_t n) {
  Secret out(n);
  fill(out.data(), n);
  return out;
}

Random& system_random() {
  static SystemRandom random;
  return random;
}

}  // namespace fastchat::e2e
