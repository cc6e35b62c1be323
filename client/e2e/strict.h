// The strict reading of content.proto: bounded, no unknown field at any depth, enums valid, UTF-8 valid, and the bytes
// are exactly what a deterministic re-encoding gives, so that one value has one encoding and one hash.
#pragma once

#include <google/protobuf/message.h>

#include "common/bytes.h"
#include "common/result.h"

namespace fastchat::e2e {

// Nesting beyond this depth is refused by the parser itself.
inline constexpr int kMaxDepth = 4;

// kTooLarge, or kMalformed with one line that quotes nothing of the input. `out` is undefined on error.
Result<Unit> parse_strict(ByteView bytes, size_t max_bytes, google::protobuf::Message& out);

// kMalformed: the bytes are well formed and break a rule of their kind. One line that quotes nothing of the input.
inline Error bad(const char* reason) {
  return err(Code::kMalformed, reason);
}
// kLocalUntrustedKey: the signature or its signer is not the expected one.
inline Error untrusted(const char* reason) {
  return err(Code::kLocalUntrustedKey, reason);
}

// Deterministic encoding.
Bytes encode(const google::protobuf::Message& message);

}  // namespace fastchat::e2e
