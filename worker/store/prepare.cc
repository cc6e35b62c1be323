#include "common/pg/migrate.h"
#include "worker/store/pg_store.h"

namespace fastchat::worker {

Result<> prepare_database(const std::string& conninfo, ByteView realm) {
  pg::Database db({.conninfo = conninfo, .application = "fastchat-worker"});
  const auto fail = [](const pg::PgFailure& f) { return err(Code::kBusy, "the database: " + f.text); };
  if (auto opened = db.open(); !opened) return fail(opened.failure());
  if (auto durable = pg::check_durable(db); !durable) return fail(durable.failure());
  if (auto migrated = pg::migrate(db); !migrated) return fail(migrated.failure());
  auto same = db.transaction([&](pqxx::work& tx) {
    const auto rows = tx.exec_params("select id from realm");
    return rows.empty() || pqxx::binarystring(rows[0][0]).str() == realm;
  });
  if (!same) return fail(same.failure());
  if (!*same) return err(Code::kWrongRealm, "this database belongs to another realm than the key directory");
  return Unit{};
}

}  // namespace fastchat::worker
