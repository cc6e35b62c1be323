#include "common/pg/migrate.h"
#include "worker/store/file_bodies.h"
#include "worker/store/pg_store.h"

namespace fastchat::worker {

Result<> prepare_database(const std::string& conninfo, ByteView realm) {
  const pg::DatabaseOptions options{.conninfo = conninfo, .application = "fastchat-worker"};
  pg::Database db(options);
  const auto fail = [](const pg::PgFailure& f) { return err(pg::to_error(f).code, "the database: " + f.text); };
  if (auto opened = db.open(); !opened) return fail(opened.failure());
  if (auto pooling = pg::check_pooling(options); !pooling) return fail(pooling.failure());
  if (auto durable = pg::check_durable(db); !durable) return fail(durable.failure());
  if (auto migrated = pg::migrate(db); !migrated) return fail(migrated.failure());
  auto same = db.transaction([&](pqxx::work& tx) {
    const auto rows = tx.exec("select encode(id, 'hex') from realm");
    return rows.empty() || rows[0][0].as<std::string>() == to_hex(realm);
  });
  if (!same) return fail(same.failure());
  if (!*same) return err(Code::kWrongRealm, "this database belongs to another realm than the key directory");
  return Unit{};
}

Result<> prepare_files(const std::string& conninfo, const std::string& directory) {
  Bytes mine;
  if (!directory.empty()) {
    auto mark = FileBodies(directory).claim();
    if (!mark) return err(mark.code(), "the directory of files: " + mark.error().text);
    mine = std::move(*mark);
  }
  pg::Database db({.conninfo = conninfo, .application = "fastchat-worker"});
  const auto fail = [](const pg::PgFailure& f) { return err(pg::to_error(f).code, "the database: " + f.text); };
  if (auto opened = db.open(); !opened) return fail(opened.failure());
  const auto mark = db.transaction([&](pqxx::work& tx) {
    if (!mine.empty()) {
      tx.exec("insert into file_directory (mark) values (decode('" + to_hex(mine) +
              "', 'hex')) on conflict do nothing");
    }
    const auto rows = tx.exec("select encode(mark, 'hex') from file_directory");
    return rows.empty() ? std::string() : rows[0][0].as<std::string>();
  });
  if (!mark) return fail(mark.failure());
  if (*mark == to_hex(mine)) return Unit{};
  if (mine.empty()) {
    return err(Code::kLocalUsage, "this installation keeps files in a directory: --files has to name it");
  }
  return err(Code::kLocalUsage, directory +
                                    " is not the directory that this installation keeps its files in: --files "
                                    "has to name that one, on every worker");
}

}  // namespace fastchat::worker
