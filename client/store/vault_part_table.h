// The parts of the vault as the server has them, by their hashes, in the local store. Errors are kLocalDisk. Part of
// the store's transaction (store.h).
#pragma once

#include <optional>
#include <set>

#include "client/store/sqlite.h"
#include "common/result.h"

namespace fastchat::store {

class VaultPartTable {
 public:
  explicit VaultPartTable(Sqlite& db) : db_(db) {}

  Result<std::set<Bytes>> hashes();
  // Returns the sealed part; nullopt when it is not here.
  Result<std::optional<Bytes>> get(ByteView hash);
  Result<> put(ByteView hash, ByteView box);
  // Deletes all parts but these.
  Result<> keep_only(const std::set<Bytes>& hashes);

 private:
  Sqlite& db_;
};

}  // namespace fastchat::store
