#include "client/e2e/seal.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include "client/e2e/hash.h"
#include "client/e2e/limits.h"
#include "client/e2e/openssl_bytes.h"

namespace fastchat::e2e {
namespace {

constexpr char kBoxVersion = 1;
constexpr size_t kSalt = 32, kIv = 12, kCommit = 32, kTag = 16;

using CipherCtx = std::unique_ptr<EVP_CIPHER_CTX, void (*)(EVP_CIPHER_CTX*)>;

CipherCtx new_context() {
  CipherCtx ctx(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  FC_CHECK(ctx != nullptr);
  return ctx;
}

// Derives key 32 | iv 12 | commit 32 (bytes).
Secret box_keys(ByteView key, ByteView salt, ByteView context) {
  FC_CHECK(key.size() == kKey);
  return hkdf(key, salt, concat({label("seal"), sha256(context)}), kKey + kIv + kCommit);
}

Error refused() {
  return err(Code::kLocalCrypto, "the sealed data does not open with this key");
}

}  // namespace

Bytes seal(ByteView key, ByteView context, ByteView plaintext, Random& random) {
  return seal_behind(Bytes(), key, context, plaintext, random);
}

Bytes seal_behind(Bytes head, ByteView key, ByteView context, ByteView plaintext, Random& random) {
  const Bytes salt = random.bytes(kSalt);
  const Secret keys = box_keys(key, salt, context);
  Bytes box = std::move(head);
  box.reserve(box.size() + kSealOverhead + plaintext.size());
  box.push_back(kBoxVersion);
  box.append(salt);
  box.append(keys.view().substr(kKey + kIv));
  const size_t at = box.size();
  box.resize(at + plaintext.size() + kTag);
  char* out = box.data() + at;
  const CipherCtx ctx = new_context();
  int n = 0, last = 0;
  FC_CHECK(EVP_EncryptInit_ex(ctx.get(), EVP_aes_256_gcm(), nullptr, u8(keys.view()), u8(keys.view().substr(kKey))) ==
           1);
  FC_CHECK(EVP_EncryptUpdate(ctx.get(), u8(out), &n, u8(plaintext), static_cast<int>(plaintext.size())) == 1);
  FC_CHECK(EVP_EncryptFinal_ex(ctx.get(), u8(out) + n, &last) == 1);
  FC_CHECK(EVP_CIPHER_CTX_ctrl(ctx.get(), EVP_CTRL_AEAD_GET_TAG, kTag, out + plaintext.size()) == 1);
  return box;
}

Result<Secret> open(ByteView key, ByteView context, ByteView box) {
  Secret out(box.size() < kSealOverhead ? 0 : box.size() - kSealOverhead);
  if (auto size = open_into(out, key, context, box); !size.ok()) return size.error();
  return out;
}

Result<size_t> open_into(Secret& room, ByteView key, ByteView context, ByteView box) {
  if (box.size() < kSealOverhead || box.size() > INT32_MAX || box[0] != kBoxVersion) return refused();
  if (box.size() - kSealOverhead > room.size()) return refused();
  const Secret keys = box_keys(key, box.substr(1, kSalt), context);
  if (!equal_constant_time(keys.view().substr(kKey + kIv), box.substr(1 + kSalt, kCommit))) return refused();
  const ByteView sealed = box.substr(1 + kSalt + kCommit, box.size() - kSealOverhead);
  Bytes tag(box.substr(box.size() - kTag));
  const CipherCtx ctx = new_context();
  int n = 0, last = 0;
  unsigned char none = 0;
  unsigned char* to = sealed.empty() ? &none : u8(room.data());
  const bool ok =
      EVP_DecryptInit_ex(ctx.get(), EVP_aes_256_gcm(), nullptr, u8(keys.view()), u8(keys.view().substr(kKey))) == 1 &&
      EVP_DecryptUpdate(ctx.get(), to, &n, u8(sealed), static_cast<int>(sealed.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(ctx.get(), EVP_CTRL_AEAD_SET_TAG, kTag, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(ctx.get(), to + n, &last) == 1;
  if (!ok) {
    ERR_clear_error();
    if (!sealed.empty()) cleanse(room.data(), sealed.size());
    return refused();
  }
  return sealed.size();
}

Secret local_key(const Secret& vault_key) {
  return hkdf_expand(vault_key.view(), label("local"), kKey);
}

Bytes seal_local(const Secret& local_key, ByteView place, ByteView plaintext, Random& random) {
  return seal(local_key.view(), concat({"local", lp(place)}), plaintext, random);
}

Result<Secret> open_local(const Secret& local_key, ByteView place, ByteView box) {
  return open(local_key.view(), concat({"local", lp(place)}), box);
}

}  // namespace fastchat::e2e
