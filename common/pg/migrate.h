// Brings a database to this program's schema. Several programs may start at once: one works, the others wait for it (an
// advisory lock) and find it done. Every migration commits by itself together with its row in schema_version. Forward
// only.
#pragma once

#include <vector>

#include "common/pg/database.h"
#include "sql/migrations.h"

namespace fastchat::pg {

// The number of the last migration applied. kOther with a clear line when the database is newer than the program, or
// its history holds another migration under one of our numbers.
PgResult<int> migrate(Database& database);
PgResult<int> migrate(Database& database, const std::vector<sql::Migration>& migrations);

// Changes nothing: kOther with a clear line unless the schema is there and is this program's.
PgResult<> check_schema(Database& database);

}  // namespace fastchat::pg
