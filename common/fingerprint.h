// The fingerprint of a user's key (docs/e2e.md, section 2), for programs that do not link OpenSSL. Pure.
#pragma once

#include <string_view>

#include "common/bytes.h"

namespace fastchat {

// Returns H(label"id" | L(realm) | L(user) | L(spki)), 32 bytes.
Bytes key_fingerprint(ByteView realm, std::string_view user, ByteView spki);

}  // namespace fastchat
