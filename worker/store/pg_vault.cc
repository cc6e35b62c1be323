// PgStore's part that keeps vaults: the head beside the user, and the parts.
#include <utility>

#include "common/pg/vault_parts.h"
#include "common/wire.h"
#include "worker/store/pg_store.h"
#include "worker/store/transaction.h"
#include "worker/store/vault_statements.h"

namespace fastchat::worker {

VaultPut PgStore::serve(const PutVault& request) {
  VaultPut out{request.session, request.request, request.uid, request.version, Code::kBusy};
  const auto done = with_connection([&] { return in_transaction(session_, [&] { return put_vault(request); }); });
  if (done.ok()) out.code = *done;
  return out;
}

pg::PgResult<Code> PgStore::put_vault(const PutVault& request) {
  const auto uid = [&] { return pg::Params().bigint(static_cast<int64_t>(request.uid)); };
  const auto head = [&] { return uid().bigint(static_cast<int64_t>(request.version)).bytea(request.blob); };
  auto stored = session_.write(sql::kPutVault, head());
  if (!stored) return stored.failure();
  if (stored->affected() != 1) {
    // After a commit in doubt the same vault is there already.
    auto same = session_.read(sql::kSameVault, head());
    if (!same) return same.failure();
    return same->size() == 1 ? Code::kOk : Code::kConflict;
  }
  const std::vector<ByteView> parts(request.parts.begin(), request.parts.end());
  if (auto listed = session_.write(sql::kListParts, uid().byteas(parts)); !listed) return listed.failure();
  auto sum = session_.read(sql::kSumListed, uid().byteas(parts));
  if (!sum) return sum.failure();
  if (sum->bigint(0, 0) != static_cast<int64_t>(parts.size())) return Code::kMissingPart;
  if (static_cast<uint64_t>(sum->bigint(0, 1)) + request.blob.size() > request.most) return Code::kStorageFull;
  if (auto others = session_.write(sql::kUnlistParts, uid().byteas(parts)); !others) return others.failure();
  return Code::kOk;
}

VaultPartsPut PgStore::serve(const PutVaultParts& request) {
  VaultPartsPut out{request.session, request.request, Code::kBusy};
  const auto done = with_connection([&] { return in_transaction(session_, [&] { return put_vault_parts(request); }); });
  if (done.ok()) out.code = *done;
  return out;
}

pg::PgResult<Code> PgStore::put_vault_parts(const PutVaultParts& request) {
  const auto uid = [&] { return pg::Params().bigint(static_cast<int64_t>(request.uid)); };
  auto locked = session_.write(sql::kLockVault, uid());
  if (!locked) return locked.failure();
  if (locked->size() == 0) return Code::kBusy;  // the account was just deleted, and its sessions end
  const std::vector<ByteView> parts(request.parts.begin(), request.parts.end());
  if (auto put = session_.write(sql::kPutParts, uid().byteas(parts)); !put) return put.failure();
  const auto bounds = [&] {
    return uid().bigint(static_cast<int64_t>(request.most)).bigint(static_cast<int64_t>(wire::kMaxVaultParts));
  };
  if (auto room = session_.write(sql::kForgetOldest, bounds()); !room) return room.failure();
  // Parts of this request went at once: no vault could name them all.
  auto here = session_.read(sql::kCountParts, uid().byteas(parts));
  if (!here) return here.failure();
  return here->boolean(0, 0) ? Code::kOk : Code::kStorageFull;
}

VaultRow PgStore::serve(const GetVault& request) {
  VaultRow out{request.session, request.request, Code::kBusy, 0, {}};
  auto rows = with_connection(
      [&] { return session_.read(sql::kGetVault, pg::Params().bigint(static_cast<int64_t>(request.uid))); });
  if (!rows.ok() || rows->size() != 1) return out;
  out.code = Code::kOk;
  out.version = static_cast<uint64_t>(rows->bigint(0, 0));
  out.blob = rows->bytes(0, 1);
  return out;
}

VaultPartRows PgStore::serve(const GetVaultParts& request) {
  VaultPartRows out{.session = request.session, .request = request.request, .code = Code::kBusy};
  auto rows = with_connection([&] {
    return pg::read_vault_parts(session_, static_cast<int64_t>(request.uid), request.hashes, wire::kPartsPerAnswer);
  });
  if (!rows.ok()) return out;
  pg::VaultPartsRead read = pg::parts_of(*rows);
  out.code = Code::kOk;
  out.looked = read.looked;
  out.parts = std::move(read.parts);
  return out;
}

}  // namespace fastchat::worker
