// Identifies the database that a connection leads to. A standby that took over, or a restored backup, has lost the last
// commits and would assign their numbers again. Then a stale acknowledgement removes another message's row. So every
// store checks the identity right after it connects, before any read or write. The place is PostgreSQL's own
// identification (system, timeline, database, table). The generation is a number that rises whenever the place changes;
// the database keeps it (sql/009_store_identity.sql). The first store that finds another place advances all sequences,
// once.
#pragma once

#include <cstdint>
#include <string>

#include "common/pg/session.h"

namespace fastchat::pg {

struct StoreIdentity {
  int64_t generation = 0;  // from 1; 0: not known
  std::string place;
  int64_t position = 0;  // in the write-ahead log, as last seen by this program
};

// Returns true when a database that was `known` lost commits, now that it shows `found` at `place`. Pure.
bool went_back(const StoreIdentity& known, const StoreIdentity& found, const std::string& place);

// Checks the identity, for a session that was just opened, and from time to time after that. Refuses a server that may
// lose committed data. Updates *known; the generation rises when the database lost commits since.
PgResult<> recognise(Session& session, StoreIdentity* known);

// Writes the row of this program. Fails with kOther and the tables that it may not read and write. For health checks.
PgResult<> probe(Session& session, const std::string& program);

}  // namespace fastchat::pg
