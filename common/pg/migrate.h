// Brings a database to this program's schema. Several programs may start at once: one migrates, and the others wait for
// an advisory lock and find the schema migrated. Every migration commits on its own, together with its row in
// schema_version. Forward only.
#pragma once

#include <vector>

#include "common/pg/database.h"
#include "sql/migrations.h"

namespace fastchat::pg {

// Returns the number of the last migration applied. Fails with kOther and a clear line when the database is newer than
// the program, or when its history has another migration under one of the program's numbers.
PgResult<int> migrate(Database& database);
PgResult<int> migrate(Database& database, const std::vector<sql::Migration>& migrations);

// Checks the schema and changes nothing. Fails with kOther and a clear line unless the schema is this program's.
PgResult<> check_schema(Database& database);

}  // namespace fastchat::pg
