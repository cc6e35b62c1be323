// WRAP and SIGN of rsa.h. OpenSSL's defaults are SHA-1 for OAEP and any salt length for PSS, so every parameter is set
// here.
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <array>
#include <memory>

#include "client/e2e/hash.h"
#include "client/e2e/openssl_bytes.h"
#include "client/e2e/rsa.h"

namespace fastchat::e2e {
namespace {

constexpr int kPssSalt = 32;

using PkeyCtx = std::unique_ptr<EVP_PKEY_CTX, void (*)(EVP_PKEY_CTX*)>;
using MdCtx = std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)>;

bool set_oaep(EVP_PKEY_CTX* ctx) {
  const Bytes name = label("oaep");
  void* owned = OPENSSL_memdup(name.data(), name.size());
  if (owned == nullptr) return false;
  const bool ok = EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
                  EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()) == 1 &&
                  EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha256()) == 1 &&
                  EVP_PKEY_CTX_set0_rsa_oaep_label(ctx, owned, static_cast<int>(name.size())) == 1;
  if (!ok) OPENSSL_free(owned);
  return ok;
}

bool set_pss(EVP_PKEY_CTX* ctx) {
  return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, kPssSalt) == 1 && EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha256()) == 1;
}

Bytes to_sign(SignType type, ByteView m) {
  static constexpr std::array<std::string_view, 7> kNames = {"sig/msg",    "sig/group",   "sig/rekey", "sig/receipt",
                                                             "sig/signal", "sig/rekeyed", "sig/prekey"};
  return concat({label(kNames[static_cast<size_t>(type)]), m});
}

Error cannot_unwrap() {
  ERR_clear_error();
  return err(Code::kLocalCrypto, "the wrapped key does not open with this private key");
}

}  // namespace

Bytes wrap(const PublicKey& to, ByteView key) {
  FC_CHECK(key.size() == kKey);
  const PkeyCtx ctx(EVP_PKEY_CTX_new_from_pkey(nullptr, to.native(), nullptr), EVP_PKEY_CTX_free);
  FC_CHECK(ctx && EVP_PKEY_encrypt_init(ctx.get()) == 1 && set_oaep(ctx.get()));
  Bytes out(kRsa, '\0');
  size_t n = out.size();
  FC_CHECK(EVP_PKEY_encrypt(ctx.get(), u8(out.data()), &n, u8(key), key.size()) == 1 && n == kRsa);
  return out;
}

Result<Secret> unwrap(const KeyPair& key, ByteView wrapped) {
  if (wrapped.size() != kRsa) return cannot_unwrap();
  const PkeyCtx ctx(EVP_PKEY_CTX_new_from_pkey(nullptr, key.native(), nullptr), EVP_PKEY_CTX_free);
  if (!ctx || EVP_PKEY_decrypt_init(ctx.get()) != 1 || !set_oaep(ctx.get())) return cannot_unwrap();
  Secret out(kRsa);
  size_t n = out.size();
  if (EVP_PKEY_decrypt(ctx.get(), u8(out.data()), &n, u8(wrapped), wrapped.size()) != 1 || n != kKey) {
    return cannot_unwrap();
  }
  out.truncate(n);
  return out;
}

Bytes sign(const KeyPair& key, SignType type, ByteView m) {
  const Bytes message = to_sign(type, m);
  const MdCtx ctx(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  EVP_PKEY_CTX* pkey = nullptr;
  FC_CHECK(ctx && EVP_DigestSignInit(ctx.get(), &pkey, EVP_sha256(), nullptr, key.native()) == 1 && set_pss(pkey));
  Bytes out(kRsa, '\0');
  size_t n = out.size();
  FC_CHECK(EVP_DigestSign(ctx.get(), u8(out.data()), &n, u8(message), message.size()) == 1 && n == kRsa);
  return out;
}

bool verify(const PublicKey& key, SignType type, ByteView m, ByteView signature) {
  if (signature.size() != kRsa) return false;
  const Bytes message = to_sign(type, m);
  const MdCtx ctx(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  EVP_PKEY_CTX* pkey = nullptr;
  const bool ok = ctx && EVP_DigestVerifyInit(ctx.get(), &pkey, EVP_sha256(), nullptr, key.native()) == 1 &&
                  set_pss(pkey) &&
                  EVP_DigestVerify(ctx.get(), u8(signature), signature.size(), u8(message), message.size()) == 1;
  if (!ok) ERR_clear_error();
  return ok;
}

}  // namespace fastchat::e2e
