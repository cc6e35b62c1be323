#include "common/pg/database.h"

#include <libpq-fe.h>

#include <memory>
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

// 6.4 deprecates the call because 7.0 reconnects no more; until then it is needed.
void never_reconnect(pqxx::connection& connection) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  connection.inhibit_reactivation(true);
#pragma GCC diagnostic pop
}

}  // namespace

std::string full_conninfo(const DatabaseOptions& options) {
  // libpq reads its own syntax (a URI or key=value), so that a value given there survives unless it is one of ours.
  char* error = nullptr;
  PQconninfoOption* parsed = PQconninfoParse(options.conninfo.c_str(), &error);
  if (parsed == nullptr) {
    PQfreemem(error);
    return options.conninfo;  // connecting will say what is wrong
  }
  std::string out, server_options;
  for (const PQconninfoOption* o = parsed; o->keyword != nullptr; ++o) {
    if (o->val == nullptr) continue;
    const std::string keyword = o->keyword;
    if (keyword == "options") server_options = std::string(o->val) + " ";
    if (keyword == "options" || keyword == "application_name" || keyword == "connect_timeout") continue;
    out += keyword + "=" + quoted(o->val) + " ";
  }
  PQconninfoFree(parsed);
  server_options += "-c statement_timeout=" + std::to_string(options.statement_timeout_ms);
  out += "application_name=" + quoted(options.application) +
         " connect_timeout=" + std::to_string(options.connect_timeout_s);
  out += " keepalives_idle=10 keepalives_interval=5 keepalives_count=3 tcp_user_timeout=30000";
  return out + " options=" + quoted(server_options);
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
    if (on_open_) on_open_(*connection);
    connection_ = std::move(connection);
    return Unit{};
  });
  if (opened) return opened;
  // Whatever keeps us from connecting (starting up, wrong password, no such database) is for the operator to mend.
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
  // The statement was on its way when the link broke, or its server went down under it without an answer of its own.
  if (failure.kind == PgError::kUnavailable && failure.sqlstate.empty() && failure.text != "not connected") {
    failure.kind = PgError::kInDoubt;
  }
  return failure;
}

void Database::after_failure(const PgFailure& failure) {
  const bool broken = failure.sqlstate.empty() && failure.kind != PgError::kOther;
  // admin_shutdown and crash_shutdown come with an SQLSTATE, and the link goes with them.
  const bool ended = failure.sqlstate.starts_with("57P");
  if (broken || ended || (connection_ && !connection_->is_open())) connection_.reset();
}

PgResult<> check_durable(Database& database) {
  return [&]() -> PgResult<> {
    auto off = database.statement(
        [](pqxx::nontransaction& tx) {
          std::string names;
          for (const char* name : {"fsync", "full_page_writes", "synchronous_commit"}) {
            const std::string value = tx.exec1(std::string("show ") + name)[0].as<std::string>();
            if (value == "off") names += std::string(names.empty() ? "" : ", ") + name;
          }
          return names;
        },
        false);
    if (!off) return off.failure();
    if (off->empty()) return Unit{};
    return PgFailure{PgError::kOther, "",
                     "PostgreSQL may lose messages it accepted: these settings are off and must be on: " + *off};
  }();
}

}  // namespace fastchat::pg
