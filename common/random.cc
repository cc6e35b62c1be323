#include "common/random.h"

#include <sodium.h>

#include <cstdlib>

#include "common/check.h"

namespace fastchat {
namespace {

void ready() {
  static const bool initialised = sodium_init() >= 0;
  FC_CHECK(initialised);
}

}  // namespace

Bytes random_bytes(size_t size) {
  ready();
  Bytes out(size, '\0');
  randombytes_buf(out.data(), out.size());
  return out;
}

uint64_t random_u64() {
  ready();
  uint64_t v = 0;
  while (v == 0) randombytes_buf(&v, sizeof v);
  return v;
}

void seed_libc_rand() {
  const auto seed = static_cast<unsigned>(random_u64());
  srand(seed);
  srandom(seed);
}

}  // namespace fastchat
