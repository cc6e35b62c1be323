#include "common/log_head.h"

#include <sodium.h>

#include <string_view>

#include "common/check.h"
#include "common/curve.h"
#include "common/merkle.h"

namespace fastchat {
namespace {

static_assert(kLogKeySize == crypto_sign_PUBLICKEYBYTES && kLogKeySize == crypto_sign_SEEDBYTES);
static_assert(kLogSignatureSize == crypto_sign_BYTES);

constexpr std::string_view kHeadLabel("FastChat/1/log-head\0", 20);
constexpr int64_t kEndOfTime = 253402300800000;  // the year 10000, as in docs/e2e.md

unsigned char* bytes_of(Bytes& b) {
  return reinterpret_cast<unsigned char*>(b.data());
}
const unsigned char* bytes_of(ByteView b) {
  return reinterpret_cast<const unsigned char*>(b.data());
}

}  // namespace

LogKeyPair make_log_key() {
  Bytes secret(crypto_sign_SEEDBYTES, '\0');
  randombytes_buf(secret.data(), secret.size());
  return log_key_of(secret).value();
}

Result<LogKeyPair> log_key_of(ByteView secret) {
  if (secret.size() != crypto_sign_SEEDBYTES) return err(Code::kMalformed, "a log key has 32 bytes");
  LogKeyPair pair{Bytes(crypto_sign_PUBLICKEYBYTES, '\0'), Bytes(secret)};
  Bytes expanded(crypto_sign_SECRETKEYBYTES, '\0');
  crypto_sign_seed_keypair(bytes_of(pair.public_key), bytes_of(expanded), bytes_of(secret));
  sodium_memzero(expanded.data(), expanded.size());
  return pair;
}

Bytes log_head_bytes(ByteView realm, uint64_t size, ByteView root, int64_t ms) {
  Bytes out(kHeadLabel);
  out.append(realm);
  put_u64(out, size);
  out.append(root);
  put_u64(out, static_cast<uint64_t>(ms));
  return out;
}

LogHead sign_log_head(const LogKeyPair& key, ByteView realm, uint64_t size, ByteView root, int64_t ms) {
  FC_CHECK(key.secret.size() == crypto_sign_SEEDBYTES && realm.size() == kRealmSize);
  Bytes public_key(crypto_sign_PUBLICKEYBYTES, '\0'), expanded(crypto_sign_SECRETKEYBYTES, '\0');
  crypto_sign_seed_keypair(bytes_of(public_key), bytes_of(expanded), bytes_of(ByteView(key.secret)));
  LogHead head{size, Bytes(root), ms, Bytes(crypto_sign_BYTES, '\0')};
  const Bytes message = log_head_bytes(realm, size, root, ms);
  crypto_sign_detached(bytes_of(head.signature), nullptr, bytes_of(ByteView(message)), message.size(),
                       bytes_of(ByteView(expanded)));
  sodium_memzero(expanded.data(), expanded.size());
  return head;
}

bool verify_log_head(ByteView public_key, ByteView realm, const LogHead& head) {
  if (public_key.size() != kLogKeySize || realm.size() != kRealmSize || head.signature.size() != kLogSignatureSize ||
      head.root.size() != merkle::kHashSize || head.size > merkle::kMaxSize || head.ms < 0 || head.ms >= kEndOfTime)
    return false;
  if (head.size == 0 && head.root != merkle::empty_root()) return false;
  const Bytes message = log_head_bytes(realm, head.size, head.root, head.ms);
  return crypto_sign_verify_detached(bytes_of(ByteView(head.signature)), bytes_of(ByteView(message)), message.size(),
                                     bytes_of(public_key)) == 0;
}

}  // namespace fastchat
