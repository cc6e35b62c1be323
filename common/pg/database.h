// One libpqxx connection, for statements that are not hot: accounts, directory, migrations. Used by one thread, a store
// thread, because calls block. libpqxx's silent reconnection is off. A lost connection is reported as kUnavailable or
// kInDoubt, and is_open() is false. The owner then calls open() again when it likes.
//
//   pg::Database db({.conninfo = "host=/run/pg dbname=fastchat", .application = "fastchat-broker"});
//   if (auto opened = db.open(); !opened) ...
//   auto uid = db.transaction([&](pqxx::work& tx) { return tx.exec_params1("select ...", name)[0].as<int64_t>(); });
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <pqxx/pqxx>
#include <string>
#include <type_traits>

#include "common/pg/pg_error.h"

namespace fastchat::pg {

// Returns one line with the reason why libpq rejects this connection string; nullopt when it accepts it. Does not
// connect.
std::optional<std::string> conninfo_error(const std::string& conninfo);

struct DatabaseOptions {
  std::string conninfo;               // in libpq's syntax, a URI too
  std::string application;            // application_name
  int connect_timeout_s = 3;          // for each host, unless `conninfo` sets another; libpq rounds 1 up to 2
  int statement_timeout_ms = 30'000;  // the server ends a statement that takes longer
  int lock_timeout_ms = 2'000;        // of a Session: the longest wait for a lock that another session holds
  int idle_timeout_ms = 0;  // of a Session: the server ends a transaction that waits longer for its program; 0: never
};

// Returns `conninfo` with application_name and keepalives added, and with connect_timeout and
// target_session_attrs=read-write unless `conninfo` sets them. libpq tries several hosts in turn, each for its own
// connect_timeout.
std::string full_conninfo(const DatabaseOptions& options);
// Returns the statements to run on a new connection. Not part of the conninfo, because PgBouncer accepts no `options`
// there.
std::string session_settings(const DatabaseOptions& options, bool with_lock_timeout);
// Returns one line with the names of the settings that are off and must be on.
std::string durable_text(const std::string& names);

class Database {
 public:
  explicit Database(DatabaseOptions options) : options_(std::move(options)) {}

  // Connects anew (closes an open connection first) and runs on_open (statements to prepare).
  PgResult<> open();
  void close() { connection_.reset(); }
  bool is_open() const;
  void set_on_open(std::function<void(pqxx::connection&)> call) { on_open_ = std::move(call); }

  // Makes a round trip.
  PgResult<> ping();

  // Runs `f(pqxx::work&)` and commits. Fails with kInDoubt when the connection broke in the commit. A void f gives
  // PgResult<>.
  template <class F>
  auto transaction(F&& f) {
    return with<pqxx::work>(std::forward<F>(f), [](pqxx::work& tx) { tx.commit(); });
  }
  // Runs `f(pqxx::nontransaction&)`, in which every statement commits itself. A lost connection during a statement is
  // kInDoubt when `writes`, else kUnavailable.
  template <class F>
  auto statement(F&& f, bool writes) {
    auto result = with<pqxx::nontransaction>(std::forward<F>(f), [](pqxx::nontransaction&) {});
    if (!result && writes) return decltype(result)(doubted(result.failure()));
    return result;
  }

  // Returns the connection. Only between open() and the next failure.
  pqxx::connection& connection() { return *connection_; }

 private:
  template <class Tx, class F, class Finish>
  auto with(F&& f, Finish finish) {
    using R = std::invoke_result_t<F, Tx&>;
    using Value = std::conditional_t<std::is_void_v<R>, Unit, R>;
    if (!is_open()) return PgResult<Value>(PgFailure{PgError::kUnavailable, "", "not connected"});
    auto result = guarded([&]() -> Value {
      Tx tx(*connection_);
      if constexpr (std::is_void_v<R>) {
        f(tx);
        finish(tx);
        return Unit{};
      } else {
        Value value = f(tx);
        finish(tx);
        return value;
      }
    });
    if (!result) after_failure(result.failure());
    return result;
  }
  static PgFailure doubted(PgFailure failure);
  void after_failure(const PgFailure& failure);

  DatabaseOptions options_;
  std::function<void(pqxx::connection&)> on_open_;
  std::unique_ptr<pqxx::connection> connection_;
};

// Refuses a pooler that gives every transaction another connection to the server (PgBouncer's transaction and statement
// mode): prepared statements, locks and settings would belong to another connection. Fails with kOther and one line.
// Opens two connections.
PgResult<> check_pooling(const DatabaseOptions& options);

// Refuses a server that may lose committed data: fsync, full_page_writes or synchronous_commit off. Fails with kOther
// and one line that names the settings.
PgResult<> check_durable(Database& database);

}  // namespace fastchat::pg
