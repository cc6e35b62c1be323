#include "client/e2e/rsa.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <memory>
#include <utility>

namespace fastchat::e2e {
namespace {

using Pkcs8 = std::unique_ptr<PKCS8_PRIV_KEY_INFO, void (*)(PKCS8_PRIV_KEY_INFO*)>;

Error bad_key(const char* what) {
  ERR_clear_error();
  return err(Code::kMalformed, std::string("not a key of suite 1: ") + what);
}

bool right_shape(EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "RSA") != 1 || EVP_PKEY_get_bits(key) != kRsaBits) return false;
  BIGNUM* e = nullptr;
  const bool ok = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) == 1 && BN_is_word(e, RSA_F4) == 1;
  BN_free(e);
  return ok;
}

Bytes encode_spki(EVP_PKEY* key) {
  const int n = i2d_PUBKEY(key, nullptr);
  if (n <= 0) return {};
  Bytes out(static_cast<size_t>(n), '\0');
  auto* p = reinterpret_cast<unsigned char*>(out.data());
  return i2d_PUBKEY(key, &p) == n ? out : Bytes();
}

Secret encode_pkcs8(EVP_PKEY* key) {
  const Pkcs8 info(EVP_PKEY2PKCS8(key), PKCS8_PRIV_KEY_INFO_free);
  const int n = info ? i2d_PKCS8_PRIV_KEY_INFO(info.get(), nullptr) : 0;
  if (n <= 0) return {};
  Secret out(static_cast<size_t>(n));
  auto* p = reinterpret_cast<unsigned char*>(out.data());
  return i2d_PKCS8_PRIV_KEY_INFO(info.get(), &p) == n ? std::move(out) : Secret();
}

}  // namespace

PkeyRef::PkeyRef(const PkeyRef& other) : key_(other.key_) {
  if (key_ != nullptr) EVP_PKEY_up_ref(key_);
}

PkeyRef& PkeyRef::operator=(PkeyRef other) noexcept {
  std::swap(key_, other.key_);
  return *this;
}

PkeyRef::~PkeyRef() {
  EVP_PKEY_free(key_);
}

Result<PublicKey> PublicKey::from_spki(ByteView der) {
  if (der.size() != kSpki) return bad_key("wrong size");
  const auto* p = reinterpret_cast<const unsigned char*>(der.data());
  const auto* const end = p + der.size();
  PkeyRef key(d2i_PUBKEY(nullptr, &p, static_cast<long>(der.size())));
  if (key.get() == nullptr || p != end) return bad_key("not a public key");
  if (!right_shape(key.get())) return bad_key("not RSA with 3072 bits and e = 65537");
  Bytes spki = encode_spki(key.get());
  if (spki != der) return bad_key("not canonical");
  return PublicKey(std::move(key), std::move(spki));
}

Result<KeyPair> KeyPair::adopt(PkeyRef ref) {
  if (!right_shape(ref.get())) return bad_key("not RSA with 3072 bits and e = 65537");
  Bytes spki = encode_spki(ref.get());
  if (spki.size() != kSpki) return bad_key("wrong size");
  return KeyPair(PublicKey(std::move(ref), std::move(spki)));
}

Result<KeyPair> KeyPair::from_own_pkcs8(ByteView der) {
  if (der.size() > kMaxPkcs8) return bad_key("too large");
  const auto* p = reinterpret_cast<const unsigned char*>(der.data());
  const auto* const end = p + der.size();
  const Pkcs8 info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &p, static_cast<long>(der.size())), PKCS8_PRIV_KEY_INFO_free);
  if (!info || p != end) return bad_key("not a private key");
  PkeyRef key(EVP_PKCS82PKEY(info.get()));
  if (key.get() == nullptr) return bad_key("not a private key");
  Result<KeyPair> pair = adopt(std::move(key));
  if (!pair.ok()) return pair;
  if (!equal_constant_time(pair->pkcs8().view(), der)) return bad_key("not canonical");
  return pair;
}

Result<KeyPair> KeyPair::from_pkcs8(ByteView der) {
  Result<KeyPair> pair = from_own_pkcs8(der);
  if (!pair.ok()) return pair;
  const std::unique_ptr<EVP_PKEY_CTX, void (*)(EVP_PKEY_CTX*)> ctx(
      EVP_PKEY_CTX_new_from_pkey(nullptr, pair->native(), nullptr), EVP_PKEY_CTX_free);
  if (!ctx || EVP_PKEY_check(ctx.get()) != 1) return bad_key("inconsistent");
  return pair;
}

Secret KeyPair::pkcs8() const {
  Secret out = encode_pkcs8(native());
  FC_CHECK(!out.empty());
  return out;
}

}  // namespace fastchat::e2e
