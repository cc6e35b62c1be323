// The edge to SQLite: one connection, cached statements, values in and out. Nothing throws. Failures return
// Code::kLocalDisk and one line for the person. Lives on its owner's thread. Only sqlite.cc includes sqlite3.h.
#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>

#include "common/bytes.h"
#include "common/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace fastchat::store {

struct Blob {
  ByteView bytes;
};
struct Text {
  std::string_view text;
};
using Value = std::variant<std::monostate, int64_t, Blob, Text>;

// A row of a running query; the columns count from 0. Views live until the callback returns.
class Row {
 public:
  explicit Row(sqlite3_stmt* s) : s_(s) {}
  int64_t number(int column) const;
  uint64_t count(int column) const { return static_cast<uint64_t>(number(column)); }
  std::string text(int column) const;
  Bytes blob(int column) const;
  bool null(int column) const;

 private:
  sqlite3_stmt* s_;
};

class Sqlite {
 public:
  // Opens or creates the file (mode 0600) with WAL, synchronous FULL and foreign keys on.
  static Result<std::unique_ptr<Sqlite>> open(const std::string& path);
  ~Sqlite();
  Sqlite(const Sqlite&) = delete;
  Sqlite& operator=(const Sqlite&) = delete;

  // Runs several statements without values: schema and pragmas.
  Result<> script(const char* sql);
  // Runs one statement. Returns the number of changed rows. `sql` is a literal: its address is the cache's key.
  Result<int64_t> run(const char* sql, std::initializer_list<Value> values = {});
  // Runs one query. Returns the number of rows.
  Result<int64_t> each(const char* sql, std::initializer_list<Value> values,
                       const std::function<void(const Row&)>& row);
  int64_t last_id() const;
  // Writes what the open transaction has changed so far into the database's files, uncommitted.
  Result<> flush();
  // Returns the steps of SQLite's virtual machine that all queries took. For tests of the amount that a query reads.
  uint64_t steps() const { return steps_; }

 private:
  explicit Sqlite(sqlite3* db) : db_(db) {}
  Result<sqlite3_stmt*> prepare(const char* sql, std::initializer_list<Value> values);
  Error failure(int rc) const;

  sqlite3* db_;
  uint64_t steps_ = 0;
  std::unordered_map<const char*, sqlite3_stmt*> cache_;
};

}  // namespace fastchat::store
