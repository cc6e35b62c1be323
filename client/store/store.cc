#include "client/store/store.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "client/store/schema.h"
#include "client/store/values.h"

namespace fastchat::store {
namespace {

std::string join(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += part + "\n";
  return out;
}

std::vector<std::string> split(const std::string& lines) {
  std::vector<std::string> out;
  for (size_t at = 0, end; (end = lines.find('\n', at)) != std::string::npos; at = end + 1) {
    out.push_back(lines.substr(at, end - at));
  }
  return out;
}

Result<> make_directory(const std::string& directory) {
  std::error_code error;
  const std::filesystem::path path(directory);
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), error);
  if (mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
    return err(Code::kLocalDisk, "cannot make the folder " + directory + ": " + std::strerror(errno));
  }
  struct stat info {};
  if (stat(directory.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) {
    return err(Code::kLocalDisk, directory + " is not a folder");
  }
  if ((info.st_mode & 077) != 0 && chmod(directory.c_str(), 0700) != 0) {
    return err(Code::kLocalDisk, "cannot make the folder " + directory + " private: " + std::strerror(errno));
  }
  return Unit{};
}

}  // namespace

Result<std::unique_ptr<Store>> Store::open(const std::string& directory) {
  if (auto made = make_directory(directory); !made.ok()) return made.error();
  Result<ProfileLock> lock = ProfileLock::take(directory);
  if (!lock.ok()) return lock.error();
  Result<std::unique_ptr<Sqlite>> db = Sqlite::open(directory + "/client.db");
  if (!db.ok()) return db.error();
  std::unique_ptr<Store> store(new Store(directory, std::move(*lock), std::move(*db)));
  if (auto migrated = store->migrate(); !migrated.ok()) return migrated.error();
  return store;
}

Result<> Store::migrate() {
  int64_t version = 0;
  auto read = db_->each("PRAGMA user_version", {}, [&](const Row& row) { version = row.number(0); });
  if (!read.ok()) return read.error();
  const int64_t newest = std::size(kMigrations);
  if (version > newest) {
    return err(Code::kLocalDisk, "this profile was written by a newer fastchat: update this program");
  }
  for (; version < newest; ++version) {
    if (auto r = begin(); !r.ok()) return r;
    auto step = db_->script(kMigrations[version]);
    if (step.ok()) step = db_->script(("PRAGMA user_version = " + std::to_string(version + 1)).c_str());
    if (!step.ok()) {
      rollback();
      return step;
    }
    if (auto r = commit(); !r.ok()) return r;
  }
  return Unit{};
}

Result<> Store::begin() {
  if (open_) return Unit{};
  if (auto r = db_->run("BEGIN IMMEDIATE"); !r.ok()) return r.error();
  open_ = true;
  return Unit{};
}

Result<> Store::commit() {
  if (!open_) return Unit{};
  if (auto r = db_->run("COMMIT"); !r.ok()) {
    rollback();
    return r.error();
  }
  open_ = false;
  return Unit{};
}

void Store::rollback() {
  if (!open_) return;
  // SQLite may have rolled back by itself (disk full); then this one fails, and that is fine.
  (void)db_->run("ROLLBACK");
  open_ = false;
  next_position_ = 0;
}

Result<std::optional<Profile>> Store::profile() {
  std::optional<Profile> out;
  auto r = db_->each(
      "SELECT realm, broker_key, endpoints, user, device, device_name, fpr, identity_blob, unlock, vault_version, "
      "vault "
      "FROM profile",
      {}, [&](const Row& row) {
        Profile& p = out.emplace();
        p.realm = row.blob(0);
        p.broker_key = row.blob(1);
        p.endpoints = split(row.text(2));
        p.user = row.text(3);
        p.device = row.blob(4);
        p.device_name = row.text(5);
        p.fpr = row.blob(6);
        p.identity_blob = row.blob(7);
        p.unlock = row.blob(8);
        p.vault_version = row.count(9);
        p.vault = row.blob(10);
      });
  if (!r.ok()) return r.error();
  return out;
}

Result<> Store::put_profile(const Profile& p) {
  const Value unlock = p.unlock.empty() ? Value() : Value(Blob{p.unlock});
  const std::string endpoints = join(p.endpoints);
  auto r =
      db_->run("INSERT OR REPLACE INTO profile VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
               {Blob{p.realm}, Blob{p.broker_key}, Text{endpoints}, Text{p.user}, Blob{p.device}, Text{p.device_name},
                Blob{p.fpr}, Blob{p.identity_blob}, unlock, n(p.vault_version), Blob{p.vault}});
  if (!r.ok()) return r.error();
  return Unit{};
}

Result<> Store::put_vault(uint64_t version, ByteView box) {
  auto r = db_->run("UPDATE profile SET vault_version = ?, vault = ?", {n(version), Blob{box}});
  if (!r.ok()) return r.error();
  return Unit{};
}

Result<> Store::forget_unlock() {
  auto r = db_->run("UPDATE profile SET unlock = NULL");
  if (!r.ok()) return r.error();
  // What the WAL still holds of it goes too.
  auto checkpoint = db_->each("PRAGMA wal_checkpoint(TRUNCATE)", {}, [](const Row&) {});
  if (!checkpoint.ok()) return checkpoint.error();
  return Unit{};
}

}  // namespace fastchat::store
