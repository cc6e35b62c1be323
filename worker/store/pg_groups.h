// The groups' part of the worker's store on PostgreSQL: each function is one transaction on a session that the caller
// has opened. The caller repeats a failed one (a lost connection, a commit in doubt, two that create one name at once);
// all of them may be repeated. Group rows are locked before anything about them is read, so changes of a group come one
// after the other.
#pragma once

#include <vector>

#include "common/pg/session.h"
#include "worker/core/store.h"

namespace fastchat::worker::groups {

// Adds up the bytes of all states.
pg::PgResult<uint64_t> total_bytes(pg::Session& session);
// Each fills the epoch and, with kOk, the uids of *out; put() fills also the details of a refusal. *all_bytes: the last
// result of total_bytes(), to which put() adds the bytes that it stores; need not be exact.
pg::PgResult<Code> put(pg::Session& session, const PutGroup& request, uint64_t* all_bytes, GroupChange* out);
pg::PgResult<Code> leave(pg::Session& session, const LeaveGroup& request, GroupChange* out);
pg::PgResult<Code> end(pg::Session& session, const DeleteGroup& request, GroupChange* out);

pg::PgResult<std::vector<GroupRow>> look_up(pg::Session& session, const GroupLookup& request);
// Fills all of *out but its code.
pg::PgResult<Code> read(pg::Session& session, const GetGroup& request, GroupStates* out);
pg::PgResult<std::vector<GroupList::Item>> list(pg::Session& session, uint64_t uid);

}  // namespace fastchat::worker::groups
