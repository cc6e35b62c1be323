// SHA-256 and constant-time comparison (libsodium), for programs that do not link OpenSSL. Pure.
#pragma once

#include <initializer_list>

#include "common/bytes.h"

namespace fastchat {

// Return 32 bytes. The second form hashes the parts one after the other, without any separator.
Bytes sha256(ByteView in);
Bytes sha256(std::initializer_list<ByteView> parts);

// Returns true when both hold the same bytes. Takes the same time for any position of a difference. Different lengths
// are unequal at once.
bool constant_time_equal(ByteView a, ByteView b);

}  // namespace fastchat
