// Signed heads of the log of keys (Ed25519, libsodium): the promise of a server that its log is this tree. Functions
// without state.
//
//   auto key = make_log_key();
//   LogHead head = sign_log_head(key, realm, tree.size(), tree.root(), ms);
//   verify_log_head(key.public_key, realm, head);
#pragma once

#include <cstdint>

#include "common/bytes.h"
#include "common/result.h"

namespace fastchat {

inline constexpr size_t kLogKeySize = 32;
inline constexpr size_t kLogSignatureSize = 64;

struct LogKeyPair {
  Bytes public_key;  // 32 bytes
  Bytes secret;      // 32 bytes, the seed of RFC 8032
};

struct LogHead {
  uint64_t size = 0;
  Bytes root;       // 32 bytes
  int64_t ms = 0;   // Unix time of the last leaf
  Bytes signature;  // 64 bytes
  friend bool operator==(const LogHead&, const LogHead&) = default;
};

LogKeyPair make_log_key();

// Returns the pair of a 32-byte secret. Fails with kMalformed for another size.
Result<LogKeyPair> log_key_of(ByteView secret);

// Returns the signed bytes: label"log-head" | realm | u64 size | root | u64 ms.
Bytes log_head_bytes(ByteView realm, uint64_t size, ByteView root, int64_t ms);

LogHead sign_log_head(const LogKeyPair& key, ByteView realm, uint64_t size, ByteView root, int64_t ms);

// Returns true when `head` has the sizes above, counts and times of common/merkle and the specification, and is signed
// by `public_key`. Takes anything that a peer may send.
bool verify_log_head(ByteView public_key, ByteView realm, const LogHead& head);

}  // namespace fastchat
