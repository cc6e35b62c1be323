#include "client/store/store.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "client/store/schema.h"
#include "common/try.h"

namespace fastchat::store {
namespace {

Result<> make_directory(const std::string& directory) {
  std::error_code error;
  const std::filesystem::path path(directory);
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), error);
  // Reports the parent's error. mkdir() would only report that the parent is missing.
  if (error) return err(Code::kLocalDisk, "cannot make the folder " + directory + ": " + error.message());
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
  FC_TRY(make_directory(directory));
  Result<ProfileLock> lock = ProfileLock::take(directory);
  if (!lock.ok()) return lock.error();
  Result<std::unique_ptr<Sqlite>> db = Sqlite::open(directory + "/client.db");
  if (!db.ok()) return db.error();
  std::unique_ptr<Store> store(new Store(directory, std::move(*lock), std::move(*db)));
  FC_TRY(store->migrate());
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
    FC_TRY(begin());
    auto step = db_->script(kMigrations[version]);
    if (step.ok()) step = db_->script(("PRAGMA user_version = " + std::to_string(version + 1)).c_str());
    if (!step.ok()) {
      rollback();
      return step;
    }
    FC_TRY(commit());
  }
  return Unit{};
}

Result<> Store::begin() {
  if (open_) return Unit{};
  FC_TRY(db_->run("BEGIN IMMEDIATE"));
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

Result<> Store::try_seen(const std::vector<int64_t>& messages) {
  // More bytes than a commit adds to the changed pages.
  constexpr size_t kSpare = 64 * 1024;
  Result<> tried = begin();
  for (const int64_t id : messages) {
    if (tried.ok()) tried = tables_.seen.mark(id);
  }
  if (tried.ok()) tried = tables_.settings.put("", Bytes(kSpare, ' '));
  if (tried.ok()) tried = db_->flush();
  rollback();
  return tried;
}

void Store::rollback() {
  if (!open_) return;
  // SQLite may have rolled back on its own (disk full). Then this ROLLBACK fails, which is harmless.
  (void)db_->run("ROLLBACK");
  open_ = false;
  tables_.messages.rolled_back();
}

}  // namespace fastchat::store
