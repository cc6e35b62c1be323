// The client's local store: one SQLite file in the data directory, and the lock that keeps other processes out. Stores
// rows and bytes, no keys: bodies and secrets arrive sealed. Lives on the owner's thread. Writes join one transaction
// that begin() opened; commit() returns after the sync (synchronous FULL). A failure rolls back everything since
// begin(), and the caller must not act on those writes. Errors are Code::kLocalDisk with one line for the person.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/store/lock.h"
#include "client/store/sqlite.h"
#include "client/store/tables.h"
#include "common/bytes.h"
#include "common/result.h"

namespace fastchat::store {

class Store {
 public:
  // Makes the directory (0700) and the database (0600) as needed, takes the lock and migrates the database.
  static Result<std::unique_ptr<Store>> open(const std::string& directory);

  const std::string& directory() const { return directory_; }
  Sqlite& sql() { return *db_; }

  // ---- the transaction
  Result<> begin();  // does nothing when a transaction is open
  Result<> commit();
  void rollback();
  bool in_transaction() const { return open_; }
  // Tests for enough disk space to mark all of these messages as seen, and changes nothing. The database's log keeps
  // the space, so that marking the messages next does not lack it. Called outside a transaction.
  Result<> try_seen(const std::vector<int64_t>& messages);

  // ---- the tables
  AccountTable& account() { return tables_.account; }
  DeviceTable& devices() { return tables_.devices; }
  SettingTable& settings() { return tables_.settings; }
  MessageTable& messages() { return tables_.messages; }
  SeenTable& seen() { return tables_.seen; }
  AnnotationTable& annotations() { return tables_.annotations; }
  SearchTable& search() { return tables_.search; }
  StreamTable& streams() { return tables_.streams; }
  OutboxTable& outbox() { return tables_.outbox; }
  FileTable& files() { return tables_.files; }
  GroupTable& groups() { return tables_.groups; }
  WaitingTable& waiting() { return tables_.waiting; }
  PinTable& pins() { return tables_.pins; }
  StandingTable& standings() { return tables_.standings; }
  QuarantineTable& quarantine() { return tables_.quarantine; }

 private:
  Store(std::string directory, ProfileLock lock, std::unique_ptr<Sqlite> db)
      : directory_(std::move(directory)), lock_(std::move(lock)), db_(std::move(db)) {}
  Result<> migrate();

  std::string directory_;
  ProfileLock lock_;
  std::unique_ptr<Sqlite> db_;
  bool open_ = false;
  Tables tables_{*db_};
};

}  // namespace fastchat::store
