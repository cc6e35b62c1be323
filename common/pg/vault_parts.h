// Reads parts of a vault, for both servers: the worker serves attached devices, the broker those that log in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/bytes.h"
#include "common/pg/session.h"

namespace fastchat::pg {

struct VaultPartsRead {
  size_t looked = 0;         // hashes that were looked up, from the first on
  std::vector<Bytes> parts;  // those of them that are here, in the order asked
};

// Reads the parts of a user with these hashes, until `bytes` are full. Looks up at least one hash. parts_of() takes
// them out of the rows.
PgResult<Rows> read_vault_parts(Session& session, int64_t uid, const std::vector<Bytes>& hashes, size_t bytes);
VaultPartsRead parts_of(const Rows& rows);

}  // namespace fastchat::pg
