// One libpqxx connection, for what is not hot: accounts, directory, migrations. Used by one thread; blocking, so that
// is a store thread. A lost connection is an event: libpqxx's silent reconnection is off, the failure comes up as
// kUnavailable or kInDoubt, is_open() is false and the owner calls open() again when it likes.
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

// Why libpq does not understand this connection string, in one line; nullopt when it does. Connects to nothing.
std::optional<std::string> conninfo_error(const std::string& conninfo);

struct DatabaseOptions {
  std::string conninfo;               // as libpq takes it, a URI too
  std::string application;            // application_name
  int connect_timeout_s = 3;          // for each host, unless `conninfo` says another; libpq rounds 1 up to 2
  int statement_timeout_ms = 30'000;  // the server ends a statement that takes longer
  int lock_timeout_ms = 2'000;        // of a Session: what somebody else holds is not waited for any longer
};

// `conninfo` with application_name and keepalives added, and what it does not say itself: connect_timeout, and
// target_session_attrs=read-write. Several hosts are tried in turn, each for its own connect_timeout.
std::string full_conninfo(const DatabaseOptions& options);
// Run on a new connection; not part of the conninfo, because PgBouncer takes no `options` there.
std::string session_settings(const DatabaseOptions& options, bool with_lock_timeout);
// One line that says which settings (their names) are off and must be on.
std::string durable_text(const std::string& names);

class Database {
 public:
  explicit Database(DatabaseOptions options) : options_(std::move(options)) {}

  // Connects anew (an open connection is closed first) and runs on_open (statements to prepare).
  PgResult<> open();
  void close() { connection_.reset(); }
  bool is_open() const;
  void set_on_open(std::function<void(pqxx::connection&)> call) { on_open_ = std::move(call); }

  // A round trip.
  PgResult<> ping();

  // Runs `f(pqxx::work&)` and commits. kInDoubt when the connection broke in the commit. A void f gives PgResult<>.
  template <class F>
  auto transaction(F&& f) {
    return with<pqxx::work>(std::forward<F>(f), [](pqxx::work& tx) { tx.commit(); });
  }
  // Runs `f(pqxx::nontransaction&)`: every statement commits itself, so a loss in the middle of one that writes is
  // kInDoubt when `writes`, else kUnavailable.
  template <class F>
  auto statement(F&& f, bool writes) {
    auto result = with<pqxx::nontransaction>(std::forward<F>(f), [](pqxx::nontransaction&) {});
    if (!result && writes) return decltype(result)(doubted(result.failure()));
    return result;
  }

  // Only between open() and the next failure.
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
// mode): prepared statements, locks and settings would be somebody else's. kOther with one line. Opens two connections.
PgResult<> check_pooling(const DatabaseOptions& options);

// Refuses a server that may lose what it committed: fsync, full_page_writes or synchronous_commit off. The failure is
// kOther with one line that names the settings.
PgResult<> check_durable(Database& database);

}  // namespace fastchat::pg
