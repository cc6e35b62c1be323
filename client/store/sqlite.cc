#include "client/store/sqlite.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace fastchat::store {
namespace {

// The wait for another program (a backup, the sqlite3 shell) that may hold the file for a moment.
constexpr int kBusyMs = 5'000;

}  // namespace

int64_t Row::number(int column) const {
  return sqlite3_column_int64(s_, column);
}

std::string Row::text(int column) const {
  return blob(column);
}

Bytes Row::blob(int column) const {
  const void* p = sqlite3_column_blob(s_, column);
  const int n = sqlite3_column_bytes(s_, column);
  return p == nullptr ? Bytes() : Bytes(static_cast<const char*>(p), static_cast<size_t>(n));
}

bool Row::null(int column) const {
  return sqlite3_column_type(s_, column) == SQLITE_NULL;
}

Result<std::unique_ptr<Sqlite>> Sqlite::open(const std::string& path) {
  // Makes the file first, so that it never exists with another mode. SQLite gives its -wal and -shm the same mode.
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return err(Code::kLocalDisk, "cannot open " + path + ": " + std::strerror(errno));
  const bool private_mode = fchmod(fd, 0600) == 0;
  ::close(fd);
  if (!private_mode) return err(Code::kLocalDisk, "cannot make " + path + " private: " + std::strerror(errno));
  sqlite3* raw = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
  const int rc = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
  std::unique_ptr<Sqlite> db(new Sqlite(raw));
  if (rc != SQLITE_OK) return db->failure(rc);
  sqlite3_busy_timeout(raw, kBusyMs);
  auto set_up = db->script(
      "PRAGMA journal_mode = WAL;"
      "PRAGMA synchronous = FULL;"
      "PRAGMA foreign_keys = ON;"
      "PRAGMA secure_delete = ON;"
      "PRAGMA trusted_schema = OFF;");
  if (!set_up.ok()) return set_up.error();
  return db;
}

Sqlite::~Sqlite() {
  for (auto& [sql, statement] : cache_) sqlite3_finalize(statement);
  sqlite3_close(db_);
}

Error Sqlite::failure(int rc) const {
  switch (rc & 0xff) {
    case SQLITE_FULL:
      return err(Code::kLocalDisk, "the disk is full: free some space and try again; nothing was lost");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return err(Code::kLocalDisk, "the local database is busy: another program holds it; close that and try again");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return err(Code::kLocalDisk, "the local database is damaged: restore it from a backup or log in to a new folder");
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      return err(Code::kLocalDisk, "the local database cannot be written: check the folder's owner and mode");
    default:
      break;
  }
  const bool full = db_ != nullptr && sqlite3_system_errno(db_) == ENOSPC;
  if (full) return err(Code::kLocalDisk, "the disk is full: free some space and try again; nothing was lost");
  return err(Code::kLocalDisk,
             std::string("the local database failed: ") + (db_ == nullptr ? sqlite3_errstr(rc) : sqlite3_errmsg(db_)));
}

Result<> Sqlite::script(const char* sql) {
  const int rc = sqlite3_exec(db_, sql, nullptr, nullptr, nullptr);
  if (rc != SQLITE_OK) return failure(rc);
  return Unit{};
}

Result<sqlite3_stmt*> Sqlite::prepare(const char* sql, std::initializer_list<Value> values) {
  sqlite3_stmt*& statement = cache_[sql];
  if (statement == nullptr) {
    const int rc = sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (rc != SQLITE_OK) return failure(rc);
  }
  int i = 0;
  for (const Value& value : values) {
    ++i;
    int rc = SQLITE_OK;
    if (const auto* n = std::get_if<int64_t>(&value)) {
      rc = sqlite3_bind_int64(statement, i, *n);
    } else if (const auto* b = std::get_if<Blob>(&value)) {
      // An empty view may have no address, which SQLite would take for NULL.
      rc = sqlite3_bind_blob64(statement, i, b->bytes.empty() ? "" : b->bytes.data(), b->bytes.size(), SQLITE_STATIC);
    } else if (const auto* t = std::get_if<Text>(&value)) {
      rc = sqlite3_bind_text64(statement, i, t->text.empty() ? "" : t->text.data(), t->text.size(), SQLITE_STATIC,
                               SQLITE_UTF8);
    } else {
      rc = sqlite3_bind_null(statement, i);
    }
    if (rc != SQLITE_OK) return failure(rc);
  }
  return statement;
}

Result<int64_t> Sqlite::each(const char* sql, std::initializer_list<Value> values,
                             const std::function<void(const Row&)>& row) {
  Result<sqlite3_stmt*> statement = prepare(sql, values);
  if (!statement.ok()) return statement.error();
  int64_t rows = 0;
  int rc;
  while ((rc = sqlite3_step(*statement)) == SQLITE_ROW) {
    ++rows;
    row(Row(*statement));
  }
  std::optional<Error> failed;
  if (rc != SQLITE_DONE) failed = failure(rc);
  steps_ += static_cast<uint64_t>(sqlite3_stmt_status(*statement, SQLITE_STMTSTATUS_VM_STEP, 1));
  sqlite3_reset(*statement);
  sqlite3_clear_bindings(*statement);
  if (failed) return *failed;
  return rows;
}

Result<int64_t> Sqlite::run(const char* sql, std::initializer_list<Value> values) {
  Result<int64_t> done = each(sql, values, [](const Row&) {});
  if (!done.ok()) return done;
  return static_cast<int64_t>(sqlite3_changes(db_));
}

Result<> Sqlite::flush() {
  const int rc = sqlite3_db_cacheflush(db_);
  if (rc != SQLITE_OK) return failure(rc);
  return Unit{};
}

int64_t Sqlite::last_id() const {
  return sqlite3_last_insert_rowid(db_);
}

}  // namespace fastchat::store
