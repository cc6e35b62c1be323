// Derives keys from a password, and checks a new password. No parameter comes from a server, so a server cannot
// downgrade one. Argon2id takes 256 MiB and most of a second: call it off the screen's thread.
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

// Derives keys with Argon2id v1.3 (t 3, 256 MiB, p 1) salted with realm and user, then HKDF-Expand. kLocalCrypto when
// memory is short.
Result<PasswordKeys> derive_password(std::string_view password, ByteView realm, std::string_view user);

// The derivation that a client core is given. Tests may give a cheaper one (password_for_tests.h).
using PasswordDeriver =
    std::function<Result<PasswordKeys>(std::string_view password, ByteView realm, std::string_view user)>;

// Returns H(label"verifier" | auth), 32 bytes, which the server stores at sign-up.
Bytes password_verifier(const Secret& auth);

// Returns the form of a password from which a new account or a change derives its keys: composed (NFC). Input that is
// not UTF-8 stays as it is, for check_password() to refuse.
Secret composed_password(std::string_view typed);

// Returns the forms that a login tries in turn: as typed, composed (NFC), decomposed (NFD), without repetitions.
// Accounts made before passwords were composed use whichever form their keyboard gave.
std::vector<Secret> password_forms(std::string_view typed);

// Accepts 12 to 128 printable characters that are not among the first a guesser tries. Fails with kWeakPassword and the
// reason otherwise. Called at sign-up and change only, never at login.
Result<Unit> check_password(std::string_view password, std::string_view user);

// A passphrase has five pronounceable words joined by '-', 80 random bits: a guesser needs 2^79 tries on average.
inline constexpr int kPassphraseBits = 80;
std::string generate_passphrase(Random& random = system_random());

}  // namespace fastchat::e2e
