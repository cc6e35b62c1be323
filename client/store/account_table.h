// The tables of the local store about the owner: the profile and its sealed secrets, devices, small settings.
// Errors are kLocalDisk. Part of the store's transaction (store.h).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "client/store/sqlite.h"
#include "client/store/vault_part_table.h"
#include "common/bytes.h"
#include "common/result.h"

namespace fastchat::store {

struct Profile {
  Bytes realm, broker_key;             // 16, 32
  std::vector<std::string> endpoints;  // tcp://host:port, tried in turn
  std::string user;
  Bytes device;  // 16
  std::string device_name;
  Bytes fpr;            // 32
  Bytes identity_blob;  // the server's form, sealed under the password
  Bytes unlock;         // sealed; empty: each start asks for the password
  uint64_t vault_version = 0;
  Bytes vault;                          // the server's form
  std::string key_file = "unlock.key";  // opens `unlock`; a name in the profile's folder
  Bytes local_key;                      // sealed; empty: derived from the vault key
  Bytes secret, next_secret;            // the device's login secrets, sealed, or empty
  bool ended = false;                   // this device was removed
  bool devices_known = false;           // the table of devices was filled
};

// A login by password under way. `secret` is sealed.
struct LogInRow {
  std::string user;
  Bytes device, secret;
};

// A change of the password that was sent. `vault_key` and `new_key` are sealed.
struct PasswordChangeRow {
  uint64_t vault_version = 0;
  Bytes vault_key, identity_blob, vault;
  Bytes new_key{};  // the new private key; empty: the key stays
};

struct DeviceRow {
  Bytes id;
  std::string name, address;
  int64_t created_ms = 0;
};

class AccountTable {
 public:
  explicit AccountTable(Sqlite& db) : db_(db) {}

  Result<std::optional<Profile>> profile();
  Result<> put_profile(const Profile& profile);
  Result<> put_vault(uint64_t version, ByteView box);
  // Removes the remains of a deleted secret from the database's files. Called after the commit that deleted the secret.
  Result<> forget_deleted();
  Result<std::optional<LogInRow>> log_in();
  Result<> put_log_in(const LogInRow& row);
  Result<> drop_log_in();
  Result<std::optional<PasswordChangeRow>> password_change();
  Result<> put_password_change(const PasswordChangeRow& row);
  Result<> drop_password_change();

  VaultPartTable& vault_parts() { return vault_parts_; }

 private:
  Sqlite& db_;
  VaultPartTable vault_parts_{db_};
};

class DeviceTable {
 public:
  explicit DeviceTable(Sqlite& db) : db_(db) {}

  Result<std::vector<DeviceRow>> all();  // the oldest first
  Result<> put(const DeviceRow& row);
  Result<> drop(ByteView id);

 private:
  Sqlite& db_;
};

class SettingTable {
 public:
  explicit SettingTable(Sqlite& db) : db_(db) {}

  Result<std::optional<Bytes>> find(std::string_view name);
  Result<> put(std::string_view name, ByteView body);

 private:
  Sqlite& db_;
};

}  // namespace fastchat::store
