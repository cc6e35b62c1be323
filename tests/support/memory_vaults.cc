// The part of the in-memory stores that keeps vaults, as worker/store/pg_vault.cc does.
#include <algorithm>

#include "common/hash.h"
#include "common/wire.h"
#include "tests/support/memory_worker_store.h"

namespace fastchat::test {

using namespace worker;

VaultPut MemoryWorkerStore::serve(PutVault&& r) {
  auto& user = db_.users.at(i64(r.uid));
  VaultPut out{r.session, r.request, r.uid, r.version, Code::kConflict};
  if (user.vault_version == i64(r.version) && user.vault == r.blob) out.code = Code::kOk;
  if (user.deleted || user.vault_version != i64(r.version) - 1) return out;
  uint64_t sum = r.blob.size();
  for (const Bytes& hash : r.parts) {
    const auto it = db_.vault_parts.find({i64(r.uid), hash});
    if (it == db_.vault_parts.end()) {
      out.code = Code::kMissingPart;
      return out;
    }
    sum += it->second.part.size();
  }
  out.code = sum > r.most ? Code::kStorageFull : Code::kOk;
  if (out.code != Code::kOk) return out;
  user.vault_version = i64(r.version);
  user.vault = r.blob;
  for (auto& [key, part] : db_.vault_parts) {
    if (key.first != i64(r.uid)) continue;
    const bool listed = std::find(r.parts.begin(), r.parts.end(), key.second) != r.parts.end();
    if (part.listed && !listed) part.at_ms = db_.now_ms;
    part.listed = listed;
  }
  return out;
}

VaultPartsPut MemoryWorkerStore::serve(PutVaultParts&& r) {
  VaultPartsPut out{r.session, r.request};
  if (db_.users.at(i64(r.uid)).deleted) {
    out.code = Code::kBusy;
    return out;
  }
  const auto before = db_.vault_parts;
  for (const Bytes& part : r.parts) {
    auto& row = db_.vault_parts[{i64(r.uid), sha256(part)}];
    row.part = part;
    if (!row.listed) row.at_ms = db_.now_ms;
  }
  std::vector<std::pair<std::pair<int64_t, Bytes>, size_t>> loose;  // (at, hash), size; newest first
  for (const auto& [key, part] : db_.vault_parts) {
    if (key.first == i64(r.uid) && !part.listed) loose.push_back({{-part.at_ms, key.second}, part.part.size()});
  }
  std::sort(loose.begin(), loose.end());
  uint64_t sum = 0;
  for (size_t i = 0; i < loose.size(); ++i) {
    sum += loose[i].second;
    if (sum > r.most || i >= wire::kMaxVaultParts) db_.vault_parts.erase({i64(r.uid), loose[i].first.second});
  }
  for (const Bytes& part : r.parts) {
    if (!db_.vault_parts.contains({i64(r.uid), sha256(part)})) out.code = Code::kStorageFull;
  }
  if (out.code != Code::kOk) db_.vault_parts = before;
  return out;
}

VaultRow MemoryWorkerStore::serve(GetVault&& r) {
  const auto& user = db_.users.at(i64(r.uid));
  return {r.session, r.request, Code::kOk, u64(user.vault_version), user.vault};
}

VaultPartRows MemoryWorkerStore::serve(GetVaultParts&& r) {
  VaultPartRows out{.session = r.session, .request = r.request};
  out.looked = db_.read_vault_parts(i64(r.uid), r.hashes, wire::kPartsPerAnswer, &out.parts);
  return out;
}

}  // namespace fastchat::test
