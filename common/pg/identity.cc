#include "common/pg/identity.h"

#include <algorithm>

namespace fastchat::pg {
namespace {

// Far more than the numbers that were ever assigned in commits that a standby had not received.
constexpr int64_t kAdvance = 1'000'000'000;

// The WAL file of the current position shows a new timeline at once; the control file shows it only after the next
// checkpoint.
constexpr const char* kLook = R"(
select current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_commit'),
  i.generation, i.place,
  (select system_identifier from pg_control_system()) || '/' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)
    || '/' || (select oid from pg_database where datname = current_database()) || '/' || 'queue'::regclass::oid,
  (pg_current_wal_flush_lsn() - '0/0'::pg_lsn)::bigint
from store_identity i)";
constexpr const char* kHold = "select generation, place from store_identity for update";
constexpr const char* kSet = "update store_identity set generation = $1, place = $2";
constexpr const char* kAdvanceAll = R"(
select setval(s.name, nextval(s.name) + $1)
from (
  select pg_get_serial_sequence(quote_ident(n.nspname) || '.' || quote_ident(c.relname), a.attname)::regclass as name
  from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
  where a.attidentity <> '' and n.nspname = current_schema()
) s)";
// Each program also deletes the rows of programs that are gone.
constexpr const char* kProbe = R"(
with gone as (
  delete from store_probe where at < now() - interval '1 day' and program <> $1
)
insert into store_probe (program, at) values ($1, now()) on conflict (program) do update set at = now())";
constexpr const char* kRights = R"(
select string_agg(distinct r.word || ' ' || c.relname, ', ')
from pg_class c join pg_namespace n on n.oid = c.relnamespace
cross join unnest(array['select', 'insert', 'update', 'delete']) as r(word)
where c.relkind = 'r' and n.nspname = current_schema() and not has_table_privilege(c.oid, r.word))";

PgFailure not_durable(const Rows& row) {
  std::string names;
  const char* const settings[] = {"fsync", "full_page_writes", "synchronous_commit"};
  for (int i = 0; i < 3; ++i) {
    if (row.bytes(0, i) == "off") names += std::string(names.empty() ? "" : ", ") + settings[i];
  }
  return {PgError::kOther, "", durable_text(names)};
}

bool durable(const Rows& row) {
  return row.bytes(0, 0) != "off" && row.bytes(0, 1) != "off" && row.bytes(0, 2) != "off";
}

// Settles the identity under the row's lock. A session that waited for the lock finds the work done.
PgResult<> settle(Session& session, const StoreIdentity& known, const std::string& place, StoreIdentity* found) {
  auto row = session.read(kHold, Params());
  if (!row) return row.failure();
  found->generation = row->bigint(0, 0);
  found->place = std::string(row->bytes(0, 1));
  const bool fresh = found->place.empty() && known.generation == 0;
  if (!fresh && !went_back(known, *found, place)) return Unit{};
  if (!fresh) {
    auto advanced = session.write(kAdvanceAll, Params().bigint(kAdvance));
    if (!advanced) return advanced.failure();
    found->generation = std::max(found->generation, known.generation) + 1;
  }
  found->place = place;
  auto set = session.write(kSet, Params().bigint(found->generation).text(place));
  if (!set) return set.failure();
  return Unit{};
}

}  // namespace

bool went_back(const StoreIdentity& known, const StoreIdentity& found, const std::string& place) {
  if (found.place != place) return true;
  if (known.generation == 0 || found.generation > known.generation) return false;
  return found.generation < known.generation || found.place != known.place || found.position < known.position;
}

PgResult<> recognise(Session& session, StoreIdentity* known) {
  auto row = session.read(kLook, Params());
  if (!row) return row.failure();
  if (row->size() != 1) return PgFailure{PgError::kOther, "", "the database has no identity: its schema is not whole"};
  if (!durable(*row)) return not_durable(*row);
  StoreIdentity found{row->bigint(0, 3), std::string(row->bytes(0, 4)), row->bigint(0, 6)};
  const std::string place(row->bytes(0, 5));
  if (went_back(*known, found, place)) {
    if (auto begun = session.begin(); !begun) return begun.failure();
    if (auto settled = settle(session, *known, place, &found); !settled) {
      session.rollback();
      return settled.failure();
    }
    if (auto committed = session.commit(); !committed) return committed.failure();
  }
  *known = std::move(found);
  return Unit{};
}

PgResult<> probe(Session& session, const std::string& program) {
  auto written = session.write(kProbe, Params().text(program));
  if (!written) return written.failure();
  auto missing = session.read(kRights, Params());
  if (!missing) return missing.failure();
  if (missing->is_null(0, 0)) return Unit{};
  return PgFailure{PgError::kOther, "42501", "the role may not: " + std::string(missing->bytes(0, 0))};
}

}  // namespace fastchat::pg
