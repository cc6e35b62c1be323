// The worker's side of MemoryDb: does the work of worker/store/statements.h, one method a transaction. Any number of
// stores may share one database, on one thread.
#pragma once

#include "tests/support/memory_db.h"
#include "worker/core/store.h"

namespace fastchat::test {

class MemoryWorkerStore : public worker::Store {
 public:
  // A device is full when it has `quota_rows` or `quota_bytes` queued, and to a sender with a quarter of either.
  explicit MemoryWorkerStore(MemoryDb& db, uint64_t quota_rows = 100'000, uint64_t quota_bytes = 256 << 20)
      : db_(db), quota_rows_(quota_rows), quota_bytes_(quota_bytes) {}

  worker::StoreReply run(worker::StoreRequest request) override;

 private:
  worker::InsertDone serve(worker::InsertBatch&& r);
  worker::RemoveDone serve(worker::RemoveBatch&& r);
  worker::DeviceGone serve(worker::RemoveDevice&& r);
  worker::DeviceRenamed serve(worker::RenameDevice&& r);
  worker::VaultPut serve(worker::PutVault&& r);
  worker::VaultPartsPut serve(worker::PutVaultParts&& r);
  worker::Probed serve(worker::Probe&& r);
  worker::Reaped serve(worker::Reap&& r);
  uint64_t generation() const { return static_cast<uint64_t>(db_.generation); }
  worker::Drained serve(worker::Drain&& r);
  worker::LookedUp serve(worker::Lookup&& r);
  worker::Queried serve(worker::QueryOpen&& r);
  worker::DeviceList serve(worker::ListDevices&& r);
  worker::RekeyList serve(worker::ListRekeys&& r);
  worker::VaultRow serve(worker::GetVault&& r);
  worker::VaultPartRows serve(worker::GetVaultParts&& r);
  worker::Swept serve(worker::Sweep&& r);
  // ---- memory_groups.cc
  worker::GroupChange serve(worker::PutGroup&& r);
  worker::GroupChange serve(worker::LeaveGroup&& r);
  worker::GroupChange serve(worker::DeleteGroup&& r);
  worker::GroupsLookedUp serve(worker::GroupLookup&& r);
  worker::GroupStates serve(worker::GetGroup&& r);
  worker::GroupList serve(worker::ListGroups&& r);
  // ---- memory_contacts.cc
  worker::ContactsPut serve(worker::PutContacts&& r);
  worker::CardPut serve(worker::PutCard&& r);
  worker::CardRedeemed serve(worker::RedeemCard&& r);
  worker::ContactList serve(worker::ListContacts&& r);
  worker::StandingsLookedUp serve(worker::StandingLookup&& r);
  // ---- memory_log.cc
  worker::LogRead serve(worker::ReadLogHead&& r);
  worker::LogRead serve(worker::ReadLogProofs&& r);
  worker::LogRead serve(worker::ReadLogLeaves&& r);
  // Returns kOk when a stranger's message is taken; notes it as a request.
  Code take_stranger(const worker::QueueInsert& row, bool* known);
  // Releases the receipts that nobody holds back any more.
  // Releases the receipts that nobody (0), or this user, holds back any more.
  void release_old(int64_t of, std::vector<uint64_t>* wake = nullptr);
  // Does what user `uid` brings about by giving `other` this standing.
  void settle(int64_t uid, int64_t other, int64_t standing, std::vector<uint64_t>* wake);
  void count_group_changes(int64_t uid, int64_t admin, const Bytes& group_id, bool all);
  bool quiet(const MemoryDb::Body& body, int64_t uid) const;
  Code put(const worker::PutGroup& r, MemoryDb::Group* group, worker::GroupChange* out);
  // Checks this epoch against the budget and writes nothing.
  Code take_budget(const worker::PutGroup& r, MemoryDb::GroupBudget* used, worker::GroupChange* out) const;
  // Returns null when another message has the identity.
  const MemoryDb::Body* body_of(const worker::QueueInsert& row);
  Code room_for(const worker::QueueInsert& row, int64_t did) const;
  std::vector<int64_t> places_of(int64_t did, int64_t owner, int64_t from_did) const;

  MemoryDb& db_;
  uint64_t quota_rows_, quota_bytes_;
};

}  // namespace fastchat::test
