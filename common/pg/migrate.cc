#include "common/pg/migrate.h"

#include <string>

namespace fastchat::pg {
namespace {

// The key of the advisory lock, an arbitrary constant: "fastchat" in ASCII.
constexpr const char* kLock = "7377015985062928756";

struct Applied {
  int number;
  std::string name;
};

std::vector<Applied> applied(pqxx::nontransaction& tx) {
  std::vector<Applied> out;
  for (const auto& row : tx.exec("select number, name from schema_version order by number")) {
    out.push_back({row[0].as<int>(), row[1].as<std::string>()});
  }
  return out;
}

PgFailure refusal(const std::string& text) {
  return {PgError::kOther, "", text};
}

// Refuses a history that is not this program's: a newer schema, or a migration of another name.
PgResult<> check_history(const std::vector<Applied>& history, const std::vector<sql::Migration>& migrations) {
  for (const Applied& past : history) {
    if (past.number > static_cast<int>(migrations.size())) {
      return refusal("the database's schema (" + std::to_string(past.number) + ", " + past.name +
                     ") is newer than this program knows (" + std::to_string(migrations.size()) +
                     "): run a newer program");
    }
    const sql::Migration& ours = migrations[static_cast<size_t>(past.number - 1)];
    if (past.number < 1 || ours.name != past.name) {
      return refusal("the database's schema has " + past.name + " where this program has " + ours.name);
    }
  }
  return Unit{};
}

PgResult<int> migrate_locked(Database& database, const std::vector<sql::Migration>& migrations) {
  auto history = database.statement(
      [](pqxx::nontransaction& tx) {
        tx.exec(
            "create table if not exists schema_version (number integer primary key, name text not null, "
            "applied timestamptz not null default now())");
        return applied(tx);
      },
      false);
  if (!history) return history.failure();
  if (auto good = check_history(*history, migrations); !good) return good.failure();
  for (size_t i = history->size(); i < migrations.size(); ++i) {
    const sql::Migration& m = migrations[i];
    auto done = database.transaction([&](pqxx::work& tx) {
      tx.exec("set local statement_timeout = 0");
      tx.exec(m.text);
      tx.exec("insert into schema_version (number, name) values (" + std::to_string(m.number) + ", " +
              tx.quote(m.name) + ")");
    });
    if (!done) {
      PgFailure failure = done.failure();
      failure.text = m.name + ": " + failure.text;
      return failure;
    }
  }
  return static_cast<int>(migrations.size());
}

}  // namespace

PgResult<int> migrate(Database& database) {
  return migrate(database, sql::migrations());
}

PgResult<int> migrate(Database& database, const std::vector<sql::Migration>& migrations) {
  for (size_t i = 0; i < migrations.size(); ++i) FC_CHECK(migrations[i].number == static_cast<int>(i) + 1);
  // The lock belongs to the session, so it holds over all the transactions and ends with the connection. Waiting for
  // another program's migration may take long.
  auto locked = database.statement(
      [](pqxx::nontransaction& tx) {
        tx.exec("set statement_timeout = 0");
        tx.exec(std::string("select pg_advisory_lock(") + kLock + ")");
      },
      false);
  if (!locked) return locked.failure();
  auto result = migrate_locked(database, migrations);
  auto unlocked = database.statement(
      [](pqxx::nontransaction& tx) {
        tx.exec(std::string("select pg_advisory_unlock(") + kLock + ")");
        tx.exec("reset statement_timeout");
      },
      false);
  if (result && !unlocked) return unlocked.failure();
  return result;
}

PgResult<> check_schema(Database& database) {
  auto history = database.statement(
      [](pqxx::nontransaction& tx) {
        const bool made = tx.exec("select to_regclass('schema_version') is not null")[0][0].as<bool>();
        return made ? applied(tx) : std::vector<Applied>();
      },
      false);
  if (!history) return history.failure();
  const auto& migrations = sql::migrations();
  if (auto good = check_history(*history, migrations); !good) return good.failure();
  if (history->size() == migrations.size()) return Unit{};
  return refusal(history->empty() ? "the schema is not there: run `fastchat-broker migrate` first"
                                  : "the schema is older than this program: run `fastchat-broker migrate` first");
}

}  // namespace fastchat::pg
