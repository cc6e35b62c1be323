#include "client/e2e/x25519.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>
#include <array>
#include <memory>

#include "client/e2e/limits.h"
#include "client/e2e/openssl_bytes.h"

namespace fastchat::e2e {
namespace {

constexpr const char* kCurve = "X25519";

using CurveKey = std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)>;
using CurveCtx = std::unique_ptr<EVP_PKEY_CTX, void (*)(EVP_PKEY_CTX*)>;

// The secret as a key that only derives. OpenSSL would compute its public half, as long a work as the derivation,
// unless it gets one; a derivation does not use it. OpenSSL cleanses its copy of the secret with the key.
CurveKey deriving_key(const Secret& secret) {
  FC_CHECK(secret.size() == kPoint);
  Bytes no_public_half(kPoint, '\0');
  const std::array<OSSL_PARAM, 3> params = {
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PRIV_KEY, const_cast<char*>(secret.view().data()), kPoint),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, no_public_half.data(), kPoint),
      OSSL_PARAM_construct_end()};
  const CurveCtx ctx(EVP_PKEY_CTX_new_from_name(nullptr, kCurve, nullptr), EVP_PKEY_CTX_free);
  EVP_PKEY* key = nullptr;
  FC_CHECK(ctx && EVP_PKEY_fromdata_init(ctx.get()) == 1 &&
           EVP_PKEY_fromdata(ctx.get(), &key, EVP_PKEY_KEYPAIR, const_cast<OSSL_PARAM*>(params.data())) == 1);
  return {key, EVP_PKEY_free};
}

Error no_secret() {
  ERR_clear_error();
  return err(Code::kLocalCrypto, "the point gives no shared secret");
}

}  // namespace

bool canonical_point(ByteView point) {
  // 2^255 - 19, the highest byte first.
  static constexpr auto kPrime = [] {
    std::array<unsigned char, kPoint> p{};
    p.fill(0xff);
    p.front() = 0x7f;
    p.back() = 0xed;
    return p;
  }();
  if (point.size() != kPoint) return false;
  return std::lexicographical_compare(point.rbegin(), point.rend(), kPrime.begin(), kPrime.end(),
                                      [](auto a, auto b) { return static_cast<uint8_t>(a) < static_cast<uint8_t>(b); });
}

Bytes x25519_public(const Secret& secret) {
  FC_CHECK(secret.size() == kPoint);
  const CurveKey key(EVP_PKEY_new_raw_private_key_ex(nullptr, kCurve, nullptr, u8(secret.view()), secret.size()),
                     EVP_PKEY_free);
  FC_CHECK(key != nullptr);
  Bytes out(kPoint, '\0');
  size_t n = out.size();
  FC_CHECK(EVP_PKEY_get_raw_public_key(key.get(), u8(out.data()), &n) == 1 && n == kPoint);
  return out;
}

Result<Secret> x25519(const Secret& secret, ByteView point) {
  const CurveKey mine = deriving_key(secret);
  const CurveKey theirs(EVP_PKEY_new_raw_public_key_ex(nullptr, kCurve, nullptr, u8(point), point.size()),
                        EVP_PKEY_free);
  const CurveCtx ctx(EVP_PKEY_CTX_new_from_pkey(nullptr, mine.get(), nullptr), EVP_PKEY_CTX_free);
  Secret out(kPoint);
  size_t n = out.size();
  const bool derived = theirs && ctx && EVP_PKEY_derive_init(ctx.get()) == 1 &&
                       EVP_PKEY_derive_set_peer_ex(ctx.get(), theirs.get(), 0) == 1 &&
                       EVP_PKEY_derive(ctx.get(), u8(out.data()), &n) == 1 && n == kPoint;
  if (!derived || known_to_all(out.view())) return no_secret();
  return out;
}

bool known_to_all(ByteView shared) {
  static constexpr std::array<char, kPoint> kZeros{};
  return equal_constant_time(shared, {kZeros.data(), kZeros.size()});
}

bool low_order(ByteView point) {
  // Each secret is a multiple of 8 after clamping, so one stands for all.
  return !x25519(Secret(kPoint), point).ok();
}

}  // namespace fastchat::e2e
