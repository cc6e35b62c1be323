// Only for tests: password derivation with little memory, so that a test that logs in often stays fast. Keys made with
// it are useless to the real client. Besides password.cc, no file outside tests/ may include this header.
#pragma once

#include "client/e2e/password.h"

namespace fastchat::e2e {

// Derives as derive_password() with `memory_bytes` (8 KiB at least) in place of 256 MiB.
Result<PasswordKeys> derive_password_with_memory_for_tests(std::string_view password, ByteView realm,
                                                           std::string_view user, size_t memory_bytes);

}  // namespace fastchat::e2e
