// The client's local store: one SQLite file in the data directory, and the lock that keeps other processes out. It
// knows rows and bytes, no keys: bodies and secrets arrive sealed. Lives on the owner's thread. Writes join one
// transaction that begin() opened; commit() returns after the sync (synchronous FULL). After a failure everything since
// begin() is rolled back and the caller must not act on it. Errors are Code::kLocalDisk with one line for the person.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/store/account_table.h"
#include "client/store/annotation_table.h"
#include "client/store/file_table.h"
#include "client/store/group_table.h"
#include "client/store/lock.h"
#include "client/store/message_table.h"
#include "client/store/outbox_table.h"
#include "client/store/pin_table.h"
#include "client/store/search_table.h"
#include "client/store/sqlite.h"
#include "client/store/stream_table.h"
#include "common/bytes.h"
#include "common/result.h"

namespace fastchat::store {

class Store {
 public:
  // Makes the directory (0700) and the database (0600) as needed, takes the lock, migrates.
  static Result<std::unique_ptr<Store>> open(const std::string& directory);

  const std::string& directory() const { return directory_; }
  Sqlite& sql() { return *db_; }

  // ---- the transaction
  Result<> begin();  // nothing when one is open
  Result<> commit();
  void rollback();
  bool in_transaction() const { return open_; }
  // Tries whether there is room on the disk to mark all of these messages as seen, and changes nothing. The log of the
  // database keeps the room, so that marking them next does not lack it. Outside a transaction.
  Result<> try_seen(const std::vector<int64_t>& messages);

  // ---- the tables
  AccountTable& account() { return account_; }
  DeviceTable& devices() { return devices_; }
  SettingTable& settings() { return settings_; }
  MessageTable& messages() { return messages_; }
  SeenTable& seen() { return seen_; }
  AnnotationTable& annotations() { return annotations_; }
  SearchTable& search() { return search_; }
  StreamTable& streams() { return streams_; }
  OutboxTable& outbox() { return outbox_; }
  FileTable& files() { return files_; }
  GroupTable& groups() { return groups_; }
  WaitingTable& waiting() { return waiting_; }
  PinTable& pins() { return pins_; }
  QuarantineTable& quarantine() { return quarantine_; }

 private:
  Store(std::string directory, ProfileLock lock, std::unique_ptr<Sqlite> db)
      : directory_(std::move(directory)), lock_(std::move(lock)), db_(std::move(db)) {}
  Result<> migrate();

  std::string directory_;
  ProfileLock lock_;
  std::unique_ptr<Sqlite> db_;
  bool open_ = false;
  AccountTable account_{*db_};
  DeviceTable devices_{*db_};
  SettingTable settings_{*db_};
  MessageTable messages_{*db_};
  SeenTable seen_{*db_};
  AnnotationTable annotations_{*db_};
  SearchTable search_{*db_};
  StreamTable streams_{*db_};
  OutboxTable outbox_{*db_};
  FileTable files_{*db_};
  GroupTable groups_{*db_};
  WaitingTable waiting_{*db_};
  PinTable pins_{*db_};
  QuarantineTable quarantine_{*db_};
};

}  // namespace fastchat::store
