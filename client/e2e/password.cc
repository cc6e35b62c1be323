#include "client/e2e/password.h"

#include <sodium.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "client/e2e/hash.h"
#include "client/e2e/limits.h"
#include "client/e2e/password_for_tests.h"
#include "client/e2e/unicode.h"
#include "client/e2e/words.h"

namespace fastchat::e2e {
namespace {

constexpr unsigned long long kPasses = 3;
constexpr size_t kMemory = size_t{256} * 1024 * 1024;

Result<PasswordKeys> derive(std::string_view password, ByteView realm, std::string_view user, size_t memory) {
  if (sodium_init() < 0) return err(Code::kLocalCrypto, "libsodium does not start");
  const Bytes salt = sha256(concat({label("salt"), lp(realm), lp(user)})).substr(0, crypto_pwhash_SALTBYTES);
  Secret master(kKey);
  if (crypto_pwhash(reinterpret_cast<unsigned char*>(master.data()), master.size(), password.data(), password.size(),
                    reinterpret_cast<const unsigned char*>(salt.data()), kPasses, memory,
                    crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return err(Code::kLocalCrypto, "not enough memory to derive keys from the password (256 MiB are needed)");
  }
  return PasswordKeys{hkdf_expand(master.view(), label("auth"), kKey), hkdf_expand(master.view(), label("wrap"), kKey)};
}

}  // namespace

Result<PasswordKeys> derive_password(std::string_view password, ByteView realm, std::string_view user) {
  return derive(password, realm, user, kMemory);
}

Result<PasswordKeys> derive_password_with_memory_for_tests(std::string_view password, ByteView realm,
                                                           std::string_view user, size_t memory_bytes) {
  return derive(password, realm, user, memory_bytes);
}

Bytes password_verifier(const Secret& auth) {
  Bytes input = concat({label("verifier"), auth.view()});
  Bytes out = sha256(input);
  cleanse(input);
  return out;
}

Secret composed_password(std::string_view typed) {
  std::optional<Secret> composed = normalise(typed, NormalForm::kComposed);
  return composed ? std::move(*composed) : Secret::copy_of(typed);
}

std::vector<Secret> password_forms(std::string_view typed) {
  std::vector<Secret> out;
  out.push_back(Secret::copy_of(typed));
  for (const NormalForm form : {NormalForm::kComposed, NormalForm::kDecomposed}) {
    std::optional<Secret> other = normalise(typed, form);
    const bool known = !other || std::any_of(out.begin(), out.end(), [&](const Secret& form_tried) {
      return equal_constant_time(form_tried.view(), other->view());
    });
    if (!known) out.push_back(std::move(*other));
  }
  return out;
}

std::string generate_passphrase(Random& random) {
  const Secret bits = random.secret(kPassphraseBits / 8);
  return to_words(bits.view(), '-');
}

}  // namespace fastchat::e2e
