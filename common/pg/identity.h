// Identifies the database that a connection leads to. A standby that took over, and a backup that was restored, have
// lost the last commits and would assign their numbers again: then a stale acknowledgement removes somebody else's row.
// So every store checks the identity right after it connects, before anything is read or written. The place is
// PostgreSQL's own identification (system, timeline, database, table). The generation is a number that rises whenever
// the place changes; the database keeps it (sql/009_store_identity.sql). The first store that finds another place
// advances all sequences, once.
#pragma once

#include <cstdint>
#include <string>

#include "common/pg/session.h"

namespace fastchat::pg {

struct StoreIdentity {
  int64_t generation = 0;  // from 1; 0: not known
  std::string place;
  int64_t position = 0;  // in the write-ahead log, as far as this program saw it
};

// Has a database that was `known` lost something, now that it shows `found` at `place`? Pure.
bool went_back(const StoreIdentity& known, const StoreIdentity& found, const std::string& place);

// For a session that has just been opened, and from time to time after that. Refuses a server that may lose what it
// committed. Updates *known; its generation has risen when the database lost something since.
PgResult<> recognise(Session& session, StoreIdentity* known);

// Writes the row of this program, and says (kOther) which table it may not read and write. For health checks.
PgResult<> probe(Session& session, const std::string& program);

}  // namespace fastchat::pg
