// The worker's store on PostgreSQL. One object for each lane (writer, reader, sweeper), each on its own thread with a
// connection of its own; blocking. A request that fails because the database does not answer gets kBusy. A commit in
// doubt is repeated once on a new connection (all writes are idempotent) and otherwise answered kBusy, which claims
// nothing.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/pg/failure_log.h"
#include "common/pg/identity.h"
#include "common/pg/session.h"
#include "worker/core/store.h"
#include "worker/store/quota.h"

namespace fastchat::worker {

struct PgStoreOptions {
  std::string conninfo;
  QuotaLimits quota;
  int64_t queue_days = 30;         // a message that waited longer is deleted; 0: never
  int64_t device_days = 180;       // a device without a login for longer is deleted; 0: never
  std::string program = "worker";  // the probe writes this program's row
  int deadline_ms = 10'000;        // of one statement
};

class PgStore : public Store {
 public:
  explicit PgStore(const PgStoreOptions& options);

  StoreReply run(StoreRequest request) override;
  // Returns true when the database did the last request.
  bool reachable() const { return reachable_; }

 private:
  InsertDone serve(InsertBatch request);
  RemoveDone serve(RemoveBatch request);
  DeviceGone serve(const RemoveDevice& request);
  DeviceRenamed serve(const RenameDevice& request);
  VaultPut serve(const PutVault& request);
  VaultPartsPut serve(const PutVaultParts& request);
  Probed serve(const Probe& request);
  Reaped serve(const Reap& request);
  Drained serve(const Drain& request);
  LookedUp serve(Lookup request);
  Queried serve(QueryOpen request);
  DeviceList serve(const ListDevices& request);
  RekeyList serve(const ListRekeys& request);
  VaultRow serve(const GetVault& request);
  VaultPartRows serve(const GetVaultParts& request);
  Swept serve(const Sweep& request);
  GroupChange serve(const PutGroup& request);
  GroupChange serve(const LeaveGroup& request);
  GroupChange serve(const DeleteGroup& request);
  GroupsLookedUp serve(const GroupLookup& request);
  GroupStates serve(const GetGroup& request);
  GroupList serve(const ListGroups& request);
  ContactsPut serve(const PutContacts& request);
  CardPut serve(const PutCard& request);
  CardRedeemed serve(const RedeemCard& request);
  ContactList serve(const ListContacts& request);
  StandingsLookedUp serve(StandingLookup request);
  LogRead serve(const ReadLogHead& request);
  LogRead serve(const ReadLogProofs& request);
  LogRead serve(const ReadLogLeaves& request);

  // Runs `f` on an open connection to a database that was recognised. Runs `f` once more after a lost connection (on a
  // new one) or a conflict.
  template <class F>
  auto with_connection(F&& f) -> decltype(f());
  pg::PgResult<> connect();
  template <class Request>
  LogRead read_log_of(const Request& request);
  // Returns true when the database has the generation `wanted`, or a later one. Reads the generation again when it
  // seems older.
  bool caught_up(uint64_t wanted);
  uint64_t generation() const { return static_cast<uint64_t>(identity_.generation); }
  struct Place {
    size_t body = 0;  // index in the rows
    uint64_t did = 0, owner = 0;
    bool reached = false;  // the owner has it on another device
    size_t outcome = 0;    // index in InsertDone::outcomes of the code that this target decides
  };
  pg::PgResult<> measure(const InsertBatch& request, Quota* quota);
  // Chooses the bodies and the targets that the quota has room for. Appends an outcome for each target.
  static std::vector<Place> choose(const std::vector<const QueueInsert*>& rows, Quota* quota,
                                   std::vector<const QueueInsert*>* bodies, InsertDone* done);
  void insert_known(const std::vector<const QueueInsert*>& rows, Quota* quota, InsertDone* done);
  void insert_strangers(const std::vector<const QueueInsert*>& rows, const Quota& quota, InsertDone* done);
  pg::PgResult<Code> try_strangers(const std::vector<const QueueInsert*>& rows, Quota quota, InsertDone* done);
  pg::PgResult<> insert(const std::vector<const QueueInsert*>& rows, const std::vector<Place>& targets,
                        InsertDone* out);
  pg::PgResult<Code> put_vault(const PutVault& request);
  pg::PgResult<Code> put_vault_parts(const PutVaultParts& request);
  pg::PgResult<Code> put_group(const PutGroup& request, GroupChange* out);
  void reap_removed();
  void reap_parts();
  // Deletes slices of the queues of deleted users.
  void reap_deleted();
  pg::PgResult<Code> reap_gone_device();
  // Sweeps the next slices of all bodies; returns false at their end.
  bool sweep_bodies(Reaped* out);
  pg::PgResult<bool> sweep_slice(Reaped* out);
  void expire_devices(Reaped* out);
  pg::PgResult<Code> expire_device(int64_t did);

  const PgStoreOptions options_;
  pg::Session session_;
  pg::StoreIdentity identity_;
  pg::FailureLog failures_;
  const char* request_ = "";  // being served, for the log
  const QuotaLimits limits_;
  bool reachable_ = false;
  std::deque<std::pair<int64_t, int64_t>> to_reap_;  // when removed, mid
  int64_t swept_upto_ = 0;                           // mid; of the sweep under way
  int64_t sweep_at_ = 0;                             // us, when the next sweep begins
  uint64_t group_bytes_ = 0;                         // of all states, as it was lately
  int64_t group_bytes_until_ = 0;                    // us, when they are added up anew
};

template <class F>
auto PgStore::with_connection(F&& f) -> decltype(f()) {
  using R = decltype(f());
  for (int attempt = 0;; ++attempt) {
    if (!session_.is_open()) {
      if (auto connected = connect(); !connected) {
        reachable_ = false;
        failures_.add("connect", connected.failure());
        return R(connected.failure());
      }
    }
    R result = f();
    if (!result.ok()) failures_.add(request_, result.failure());
    reachable_ = result.ok() || pg::is_about_request(result.failure());
    const bool again = !result.ok() && (!session_.is_open() || result.failure().kind == pg::PgError::kConflict);
    if (!again || attempt > 0) return result;
  }
}

// Migrates the database to this program's schema. Refuses a database that may lose commits, or that belongs to another
// realm. For start-up; the error is one line for a person.
Result<> prepare_database(const std::string& conninfo, ByteView realm);

// Makes `directory` the one that this installation keeps the bytes of files in, after prepare_database(). Refuses
// `directory` when there is another, and "" when there is one. For start-up; the error is one line for a person.
Result<> prepare_files(const std::string& conninfo, const std::string& directory);

}  // namespace fastchat::worker
