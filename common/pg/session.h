// A libpq connection with binary parameters and results, for the hot statements of a store: libpqxx 6.4 cannot ask for
// binary results and has no deadline. Statements are prepared on first use and again after a reconnection. Used by one
// thread. Calls block, but never longer than the deadline: then the connection is closed and the outcome is kInDoubt
// (write) or kUnavailable (read). Outside begin()/commit() every statement is its own transaction.
//
//   pg::Session session(options, /*deadline_ms=*/10'000);
//   session.open();
//   pg::Params p;  p.bigints(dids).byteas(envelopes);
//   auto done = session.write("insert into t select * from unnest($1::bigint[], $2::bytea[])", p);
//   auto rows = session.read("select mid, envelope from t where did = $1", pg::Params().bigint(did));
//   for (int i = 0; i < rows->size(); ++i) use(rows->bigint(i, 0), rows->bytes(i, 1));
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/pg/binary_array.h"
#include "common/pg/database.h"
#include "common/pg/pg_error.h"

struct pg_conn;
struct pg_result;

namespace fastchat::pg {

// Parameters in order. Values are copied in, except those of bytea_view(), which must live as long as the Params.
class Params {
 public:
  Params& bigint(int64_t value);
  Params& integer(int32_t value);
  Params& boolean(bool value);
  Params& bytea(ByteView value);
  Params& bytea_view(ByteView value);
  Params& text(std::string_view value);
  Params& null(uint32_t oid);
  Params& bigints(std::span<const int64_t> values);
  Params& byteas(std::span<const ByteView> values);
  Params& texts(std::span<const ByteView> values);
  Params& array(BinaryArray& array, uint32_t array_oid);  // takes the array's content

 private:
  friend class Session;
  struct Param {
    Bytes value;
    uint32_t oid;
    bool is_null = false;
    ByteView elsewhere = {};  // the bytes instead of value, if not empty
    ByteView bytes() const { return elsewhere.empty() ? ByteView(value) : elsewhere; }
  };
  Params& add(Bytes value, uint32_t oid);
  std::vector<Param> params_;
};

// Rows of a result, binary. The statement sets the column types; reading another type is a bug (FC_CHECK on the size).
// Views live as long as the Rows.
class Rows {
 public:
  explicit Rows(pg_result* result) : result_(result) {}
  int size() const;
  int64_t affected() const;  // rows written
  bool is_null(int row, int column) const;
  int64_t bigint(int row, int column) const;
  int32_t integer(int row, int column) const;
  bool boolean(int row, int column) const;
  ByteView bytes(int row, int column) const;  // bytea and text

 private:
  struct Clear {
    void operator()(pg_result* result) const;
  };
  std::unique_ptr<pg_result, Clear> result_;
};

class Session {
 public:
  Session(DatabaseOptions options, int deadline_ms);

  PgResult<> open();
  void close();
  bool is_open() const { return connection_ != nullptr; }

  // Run one statement. `sql` is the key of the prepared statement, so pass constants.
  PgResult<Rows> write(const std::string& sql, const Params& params);
  PgResult<Rows> read(const std::string& sql, const Params& params);

  // A transaction of several statements. A failure inside rolls back (or closes), and no commit() may follow.
  PgResult<> begin();
  PgResult<> commit();  // kInDoubt when the connection broke
  void rollback();

 private:
  struct Finish {
    void operator()(pg_conn* connection) const;
  };

  PgResult<Rows> run(const std::string& sql, const Params& params, bool writes);
  PgResult<std::string> prepare(const std::string& sql, const Params& params);
  PgResult<Rows> simple(const char* sql);
  // Makes PostgreSQL plan again after a slow statement, at most once a second.
  PgResult<> refresh_plans();
  // Sends the queued statement and waits for its one result, until the deadline.
  PgResult<Rows> finish();
  PgFailure lost(const std::string& what);
  bool wait(bool for_write, int64_t deadline_us);

  DatabaseOptions options_;
  int deadline_ms_;
  std::unique_ptr<pg_conn, Finish> connection_;
  std::unordered_map<std::string, std::string> prepared_;  // sql -> name
  bool in_transaction_ = false;
  bool slow_ = false;  // a statement was slow since the last refresh_plans()
  int64_t refreshed_us_ = 0;
};

}  // namespace fastchat::pg
