// From a password to keys, and what a password must be. Nothing here comes from a server, so there is nothing to
// downgrade. Argon2id takes 256 MiB and most of a second: call it off the screen's thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "client/e2e/random.h"
#include "client/e2e/secret.h"
#include "common/result.h"

namespace fastchat::e2e {

struct PasswordKeys {
  Secret auth;  // 32 bytes, proves the password to the broker; never stored
  Secret wrap;  // 32 bytes, seals the identity blob, never leaves the client
};

// Argon2id v1.3 (t 3, 256 MiB, p 1) salted with realm and user, then HKDF-Expand. kLocalCrypto when memory is short.
Result<PasswordKeys> derive_password(std::string_view password, ByteView realm, std::string_view user);

// The derivation that a client core is given, so that tests may give it a cheaper one (password_for_tests.h).
using PasswordDeriver =
    std::function<Result<PasswordKeys>(std::string_view password, ByteView realm, std::string_view user)>;

// H(label"verifier" | auth): what the server stores at sign-up, 32 bytes.
Bytes password_verifier(const Secret& auth);

// The password whose keys a new account or a change gets: its composed form (NFC). What is not UTF-8 stays as it is,
// for check_password() to refuse.
Secret composed_password(std::string_view typed);

// The forms that a login tries in turn: as typed, composed (NFC), decomposed (NFD), without repetitions. Accounts that
// were made before passwords were composed have whichever form their keyboard gave.
std::vector<Secret> password_forms(std::string_view typed);

// 12 to 128 printable characters that are not among the first a guesser tries. kWeakPassword with the reason otherwise.
// Asked at sign-up and change only, never at login.
Result<Unit> check_password(std::string_view password, std::string_view user);

// Five pronounceable words joined by '-', 80 random bits: a guesser needs 2^79 tries on average.
inline constexpr int kPassphraseBits = 80;
std::string generate_passphrase(Random& random = system_random());

}  // namespace fastchat::e2e
