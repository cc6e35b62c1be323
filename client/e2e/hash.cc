#include "client/e2e/hash.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <memory>

#include "common/check.h"

namespace fastchat::e2e {
namespace {

unsigned char* bytes_of(char* p) {
  return reinterpret_cast<unsigned char*>(p);
}

// Runs HKDF in one of its modes. Every argument comes from this client, so a failure is a bug or a machine without
// memory.
Secret derive(int mode, ByteView key, ByteView salt, ByteView info, size_t size) {
  const std::unique_ptr<EVP_KDF, void (*)(EVP_KDF*)> kdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr), EVP_KDF_free);
  FC_CHECK(kdf != nullptr);
  const std::unique_ptr<EVP_KDF_CTX, void (*)(EVP_KDF_CTX*)> ctx(EVP_KDF_CTX_new(kdf.get()), EVP_KDF_CTX_free);
  FC_CHECK(ctx != nullptr);
  char digest[] = "SHA256";
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, const_cast<char*>(key.data()), key.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, const_cast<char*>(info.data()), info.size()),
      salt.empty()
          ? OSSL_PARAM_construct_end()
          : OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, const_cast<char*>(salt.data()), salt.size()),
      OSSL_PARAM_construct_end()};
  Secret out(size);
  FC_CHECK(EVP_KDF_derive(ctx.get(), bytes_of(out.data()), size, params) == 1);
  return out;
}

}  // namespace

Bytes label(std::string_view name) {
  Bytes out = "FastChat/1/";
  out.append(name);
  out.push_back('\0');
  return out;
}

void put_lp(Bytes& out, ByteView x) {
  FC_CHECK(x.size() <= UINT32_MAX);
  put_u32(out, static_cast<uint32_t>(x.size()));
  out.append(x);
}

Bytes lp(ByteView x) {
  Bytes out;
  put_lp(out, x);
  return out;
}

Bytes concat(std::initializer_list<ByteView> parts) {
  Bytes out;
  for (ByteView part : parts) out.append(part);
  return out;
}

Bytes sha256(ByteView x) {
  Bytes out(32, '\0');
  FC_CHECK(EVP_Q_digest(nullptr, "SHA256", nullptr, x.data(), x.size(), bytes_of(out.data()), nullptr) == 1);
  return out;
}

Sha256::Sha256() : ctx_(EVP_MD_CTX_new()) {
  FC_CHECK(ctx_ != nullptr && EVP_DigestInit_ex(ctx_, EVP_sha256(), nullptr) == 1);
}

Sha256::~Sha256() {
  EVP_MD_CTX_free(ctx_);
}

void Sha256::update(ByteView piece) {
  FC_CHECK(EVP_DigestUpdate(ctx_, piece.data(), piece.size()) == 1);
}

Bytes Sha256::finish() {
  Bytes out(32, '\0');
  FC_CHECK(EVP_DigestFinal_ex(ctx_, bytes_of(out.data()), nullptr) == 1);
  return out;
}

Secret hkdf(ByteView ikm, ByteView salt, ByteView info, size_t size) {
  return derive(EVP_KDF_HKDF_MODE_EXTRACT_AND_EXPAND, ikm, salt, info, size);
}

Secret hkdf_expand(ByteView prk, ByteView info, size_t size) {
  return derive(EVP_KDF_HKDF_MODE_EXPAND_ONLY, prk, {}, info, size);
}

}  // namespace fastchat::e2e
