// The statements of the broker's store about the log of keys.
#pragma once

namespace fastchat::broker::sql {

// Returns the key of the head, null when there is none; whether there are leaves or nodes; whether the log is complete.
inline constexpr const char* kFindLog = R"sql(
  select (select key from log_head), exists (select from log_leaves) or exists (select from log_nodes),
    coalesce((select complete from log_head), false))sql";
inline constexpr const char* kLogComplete = "update log_head set complete = true where not complete";
// Waits for the transactions that found no log, and makes later ones wait until the log has begun.
inline constexpr const char* kLockNoLog = "lock table log_head in exclusive mode";
inline constexpr const char* kBeginLog = R"sql(
  insert into log_head (size, root, ms, signature, key, frontier) values (0, $1, 0, $2, $3, ''))sql";
// Returns no row while nobody keeps a log. None begins then until the end of the transaction: kLockNoLog waits for the
// lock of the table that `for key share` takes.
inline constexpr const char* kKeepNoLog = "select size from log_head for key share";

// Locks the head. Returns it with the time of now, which may be earlier than that of the last leaf.
inline constexpr const char* kLockLog = R"sql(
  select size, ms, frontier, key, (extract(epoch from clock_timestamp()) * 1000)::bigint
  from log_head for update)sql";

inline constexpr const char* kGrowLog = R"sql(
  with leaves as (
    insert into log_leaves (idx, name, fpr, counter, ms)
    select * from unnest($1::bigint[], $2::text[], $3::bytea[], $4::bigint[], $5::bigint[])),
  nodes as (
    insert into log_nodes (level, idx, hash)
    select level::smallint, idx, hash from unnest($6::bigint[], $7::bigint[], $8::bytea[]) n (level, idx, hash))
  update log_head set size = $9, root = $10, ms = $11, signature = $12, frontier = $13)sql";

// The changes of the key of user $1, whose row is locked, and the counter of the newest leaf of name $2.
inline constexpr const char* kLastCounters = R"sql(
  select (select count(*) from rekeys where uid = $1),
    coalesce((select counter from log_leaves where name = $2 order by idx desc limit 1), 0))sql";

// The users behind uid $1, each with the newest leaf.
inline constexpr const char* kLoggedUsers = R"sql(
  select u.uid, u.name, u.public_key, u.deleted is not null, (select count(*) from rekeys k where k.uid = u.uid),
    l.fpr, l.counter
  from users u left join lateral (
    select fpr, counter from log_leaves where name = u.name order by idx desc limit 1) l on true
  where u.uid > $1 order by u.uid limit $2)sql";
// The same of these users, who are locked first: the statement that locks does not see leaves that were committed while
// it waited.
inline constexpr const char* kLockUsers = R"sql(
  select u.uid from unnest($1::bigint[]) asked (uid) join users u on u.uid = asked.uid order by u.uid
  for no key update of u)sql";
inline constexpr const char* kLoggedOfUsers = R"sql(
  select u.uid, u.name, u.public_key, u.deleted is not null, (select count(*) from rekeys k where k.uid = u.uid),
    l.fpr, l.counter
  from unnest($1::bigint[]) asked (uid) join users u on u.uid = asked.uid left join lateral (
    select fpr, counter from log_leaves where name = u.name order by idx desc limit 1) l on true
  order by u.uid)sql";

}  // namespace fastchat::broker::sql
