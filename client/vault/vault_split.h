// Splits the content of a vault into parts, and joins parts. A part has values of one kind. A kind's values lie in a
// binary tree by the first bits of H(name): bucket 1 is all of them, the buckets 2b and 2b + 1 have those of bucket b
// whose next bit is 0 and 1. A bucket is one part while its values have at most kPieceGoal bytes, so a part is larger
// only when it is one large group, and one changed value changes one part. Depends on nothing but the content, so
// devices agree. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "client/e2e/vault.h"

namespace fastchat::client {

inline constexpr size_t kPieceGoal = 48 * 1024;

struct VaultPiece {
  uint32_t kind = 0, bucket = 0;
  e2e::VaultPart part;
};

// Returns the parts, ascending by kind and bucket.
std::vector<VaultPiece> split_vault(const e2e::VaultContent& content);
// Appends the values of a part.
void join_vault(e2e::VaultPart&& part, e2e::VaultContent& out);

}  // namespace fastchat::client
