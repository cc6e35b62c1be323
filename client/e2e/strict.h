// Strict parsing of content.proto: bounded, no unknown field at any depth, enums valid, UTF-8 valid, and bytes exactly
// equal to a deterministic re-encoding. So one value has one encoding and one hash.
#pragma once

#include <google/protobuf/message.h>

#include "common/bytes.h"
#include "common/result.h"

namespace fastchat::e2e {

// The parser itself refuses nesting beyond this depth.
inline constexpr int kMaxDepth = 4;

// Parses `bytes` into `out`. Fails with kTooLarge, or with kMalformed and one line that quotes nothing of the input.
// `out` is undefined on error.
Result<Unit> parse_strict(ByteView bytes, size_t max_bytes, google::protobuf::Message& out);

// Returns kMalformed: the bytes are well formed and break a rule of their kind. `reason` is one line that quotes
// nothing of the input.
inline Error bad(const char* reason) {
  return err(Code::kMalformed, reason);
}
// Returns kLocalUntrustedKey: the signature or its signer is not the expected one.
inline Error untrusted(const char* reason) {
  return err(Code::kLocalUntrustedKey, reason);
}

// Encodes deterministically.
Bytes encode(const google::protobuf::Message& message);

}  // namespace fastchat::e2e
