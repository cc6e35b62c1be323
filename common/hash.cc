#include "common/hash.h"

#include <sodium.h>

namespace fastchat {
namespace {

const unsigned char* data_of(ByteView v) {
  return reinterpret_cast<const unsigned char*>(v.data());
}

}  // namespace

Bytes sha256(ByteView in) {
  return sha256({in});
}

Bytes sha256(std::initializer_list<ByteView> parts) {
  crypto_hash_sha256_state state;
  crypto_hash_sha256_init(&state);
  for (ByteView part : parts) crypto_hash_sha256_update(&state, data_of(part), part.size());
  Bytes out(crypto_hash_sha256_BYTES, '\0');
  crypto_hash_sha256_final(&state, reinterpret_cast<unsigned char*>(out.data()));
  return out;
}

bool constant_time_equal(ByteView a, ByteView b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace fastchat
