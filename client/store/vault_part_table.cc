#include "client/store/vault_part_table.h"

#include "client/store/values.h"
#include "common/try.h"

namespace fastchat::store {

Result<std::set<Bytes>> VaultPartTable::hashes() {
  std::set<Bytes> out;
  auto r = db_.each("SELECT hash FROM vault_parts", {}, [&](const Row& row) { out.insert(row.blob(0)); });
  if (!r.ok()) return r.error();
  return out;
}

Result<std::optional<Bytes>> VaultPartTable::get(ByteView hash) {
  std::optional<Bytes> out;
  auto r =
      db_.each("SELECT box FROM vault_parts WHERE hash = ?", {Blob{hash}}, [&](const Row& row) { out = row.blob(0); });
  if (!r.ok()) return r.error();
  return out;
}

Result<> VaultPartTable::put(ByteView hash, ByteView box) {
  return done(db_.run("INSERT OR REPLACE INTO vault_parts VALUES (?, ?)", {Blob{hash}, Blob{box}}));
}

Result<> VaultPartTable::keep_only(const std::set<Bytes>& hashes) {
  Result<std::set<Bytes>> here = this->hashes();
  if (!here.ok()) return here.error();
  for (const Bytes& hash : *here) {
    if (hashes.contains(hash)) continue;
    FC_TRY(done(db_.run("DELETE FROM vault_parts WHERE hash = ?", {Blob{hash}})));
  }
  return Unit{};
}

}  // namespace fastchat::store
