#include "common/pg/database.h"

#include <libpq-fe.h>

#include <cstdlib>
#include <memory>
#include <string_view>
#include <vector>

namespace fastchat::pg {
namespace {

std::string quoted(const std::string& value) {
  std::string out = "'";
  for (char c : value) {
    if (c == '\'' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out + "'";
}

// libpqxx 7 never reconnects and has no such call; 6.4 deprecates the call for that reason.
void never_reconnect([[maybe_unused]] pqxx::connection& connection) {
#if PQXX_VERSION_MAJOR < 7
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  connection.inhibit_reactivation(true);
#pragma GCC diagnostic pop
#endif
}

}  // namespace

std::string full_conninfo(const DatabaseOptions& options) {
  // libpq parses its own syntax (a URI or key=value), so that a value in the string survives unless FastChat sets it.
  char* error = nullptr;
  PQconninfoOption* parsed = PQconninfoParse(options.conninfo.c_str(), &error);
  if (parsed == nullptr) {
    PQfreemem(error);
    return options.conninfo;  // the connect reports the fault
  }
  std::string out;
  bool waits = std::getenv("PGCONNECT_TIMEOUT") != nullptr, chooses = std::getenv("PGTARGETSESSIONATTRS") != nullptr;
  for (const PQconninfoOption* o = parsed; o->keyword != nullptr; ++o) {
    const std::string_view keyword = o->keyword;
    if (o->val == nullptr || keyword == "application_name") continue;
    waits = waits || keyword == "connect_timeout";
    chooses = chooses || keyword == "target_session_attrs";
    out += std::string(keyword) + "=" + quoted(o->val) + " ";
  }
  PQconninfoFree(parsed);
  if (!waits) out += "connect_timeout=" + std::to_string(options.connect_timeout_s) + " ";
  if (!chooses) out += "target_session_attrs='read-write' ";
  out += "application_name=" + quoted(options.application);
  return out + " keepalives_idle=10 keepalives_interval=5 keepalives_count=3 tcp_user_timeout=30000";
}

std::string session_settings(const DatabaseOptions& options, bool with_lock_timeout) {
  std::string out = "set statement_timeout = " + std::to_string(options.statement_timeout_ms);
  if (with_lock_timeout) out += "; set lock_timeout = " + std::to_string(options.lock_timeout_ms);
  if (with_lock_timeout && options.idle_timeout_ms > 0) {
    out += "; set idle_in_transaction_session_timeout = " + std::to_string(options.idle_timeout_ms);
  }
  // Plans are kept for as long as a connection lives, and most are made while a table is empty. These settings make
  // them right for a full table.
  out += "; set enable_seqscan = off; set jit = off";
  return out;
}

std::string durable_text(const std::string& names) {
  return "PostgreSQL may lose messages it accepted: these settings are off and must be on: " + names;
}

std::optional<std::string> conninfo_error(const std::string& conninfo) {
  char* error = nullptr;
  PQconninfoOption* parsed = PQconninfoParse(conninfo.c_str(), &error);
  PQconninfoFree(parsed);
  if (parsed != nullptr) return std::nullopt;
  std::string line = error == nullptr ? "out of memory" : error;
  PQfreemem(error);
  while (!line.empty() && line.back() == '\n') line.pop_back();
  return line;
}

PgResult<> Database::open() {
  connection_.reset();
  auto opened = guarded([&] {
    auto connection = std::make_unique<pqxx::connection>(full_conninfo(options_));
    never_reconnect(*connection);
    pqxx::nontransaction(*connection).exec(session_settings(options_, false));
    if (on_open_) on_open_(*connection);
    connection_ = std::move(connection);
    return Unit{};
  });
  if (opened) return opened;
  // The operator can fix every cause of a failed connection: a starting server, a wrong password, a missing database.
  PgFailure failure = opened.failure();
  if (failure.kind == PgError::kInDoubt) failure.kind = PgError::kUnavailable;
  return failure;
}

bool Database::is_open() const {
  return connection_ != nullptr && connection_->is_open();
}

PgResult<> Database::ping() {
  return statement([](pqxx::nontransaction& tx) { tx.exec("select 1"); }, false);
}

PgFailure Database::doubted(PgFailure failure) {
  // The statement was sent when the link broke, or the server went down during the statement without an answer of its
  // own.
  if (failure.kind == PgError::kUnavailable && failure.sqlstate.empty() && failure.text != "not connected") {
    failure.kind = PgError::kInDoubt;
  }
  return failure;
}

void Database::after_failure(const PgFailure& failure) {
  const bool broken = failure.sqlstate.empty() && failure.kind != PgError::kOther;
  if (broken || ends_connection(failure.sqlstate) || (connection_ && !connection_->is_open())) connection_.reset();
}

PgResult<> check_pooling(const DatabaseOptions& options) {
  const auto backend = [](Database& db) {
    return db.statement([](pqxx::nontransaction& tx) { return tx.exec("select pg_backend_pid()")[0][0].as<int>(); },
                        false);
  };
  Database one(options), two(options);
  if (auto opened = one.open(); !opened) return opened;
  const auto first = backend(one);
  if (!first) return first.failure();
  // The backend's number from libpq's connect. A pooler reports a number of its own.
  if (*first == one.connection().backendpid()) return Unit{};
  if (auto opened = two.open(); !opened) return opened;
  const auto other = backend(two);
  if (!other) return other.failure();
  const auto again = backend(one);
  if (!again) return again.failure();
  if (*other != *first && *other != *again && *again == *first) return Unit{};
  return PgFailure{PgError::kOther, "",
                   "PgBouncer gives every transaction another connection: set pool_mode = session for this database"};
}

PgResult<> check_durable(Database& database) {
  return [&]() -> PgResult<> {
    auto off = database.statement(
        [](pqxx::nontransaction& tx) {
          std::string names;
          for (const char* name : {"fsync", "full_page_writes", "synchronous_commit"}) {
            const std::string value = tx.exec(std::string("show ") + name)[0][0].as<std::string>();
            if (value == "off") names += std::string(names.empty() ? "" : ", ") + name;
          }
          return names;
        },
        false);
    if (!off) return off.failure();
    if (off->empty()) return Unit{};
    return PgFailure{PgError::kOther, "", durable_text(*off)};
  }();
}

}  // namespace fastchat::pg
