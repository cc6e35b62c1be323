#define OPENSSL_SUPPRESS_DEPRECATED

#include "tests/sim/chance.h"

#include <openssl/rand.h>
#include <sodium.h>

#include <cstring>

#include "common/check.h"
#include "tests/sim/rng.h"

namespace fastchat::sim {
namespace {

Rng& generator() {
  static Rng rng(0);
  return rng;
}

void fill(void* out, size_t size) {
  const Bytes bytes = generator().bytes(size);
  std::memcpy(out, bytes.data(), size);
}

int openssl_bytes(unsigned char* out, int size) {
  fill(out, static_cast<size_t>(size));
  return 1;
}
int openssl_status() {
  return 1;
}

const char* sodium_name() {
  return "simulator";
}
uint32_t sodium_random() {
  return static_cast<uint32_t>(generator().next());
}
void sodium_buffer(void* out, size_t size) {
  fill(out, size);
}

}  // namespace

void seed_libraries(uint64_t seed) {
  static const RAND_METHOD openssl = {nullptr, openssl_bytes, nullptr, nullptr, openssl_bytes, openssl_status};
  static randombytes_implementation sodium = {sodium_name, sodium_random, nullptr, nullptr, sodium_buffer, nullptr};
  FC_CHECK(RAND_set_rand_method(&openssl) == 1);
  randombytes_set_implementation(&sodium);
  FC_CHECK(sodium_init() >= 0);  // draws, the first time
  generator() = Rng(seed ^ 0x5eed);
}

}  // namespace fastchat::sim
