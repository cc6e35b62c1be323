// Labels, length prefixes, SHA-256 and HKDF: the basic functions of the specification. Pure functions.
#pragma once

#include <initializer_list>
#include <string_view>

#include "client/e2e/secret.h"
#include "common/bytes.h"

struct evp_md_ctx_st;

namespace fastchat::e2e {

// Returns the bytes "FastChat/1/<name>" and a zero byte.
Bytes label(std::string_view name);
// Returns the u32 big-endian length of `x`, then `x`.
Bytes lp(ByteView x);
void put_lp(Bytes& out, ByteView x);
Bytes concat(std::initializer_list<ByteView> parts);

// Returns the SHA-256 of `x`, 32 bytes.
Bytes sha256(ByteView x);

// SHA-256 of a stream of pieces, for files.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  void update(ByteView piece);
  // Returns the digest, 32 bytes; call once.
  Bytes finish();

 private:
  evp_md_ctx_st* ctx_;
};

// HKDF of RFC 5869 with SHA-256; returns `size` bytes.
Secret hkdf(ByteView ikm, ByteView salt, ByteView info, size_t size);
Secret hkdf_expand(ByteView prk, ByteView info, size_t size);

}  // namespace fastchat::e2e
