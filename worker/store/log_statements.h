// The statements of the worker's store about the log of keys.
#pragma once

namespace fastchat::worker::sql {

inline constexpr const char* kLogHead = "select size, root, ms, signature from log_head";

// Reads one row for each user, through the index on (name, idx).
inline constexpr const char* kNewestLeaves = R"sql(
  select l.idx, asked.name, l.fpr, l.counter, l.ms
  from unnest($1::text[]) asked (name) cross join lateral (
    select idx, fpr, counter, ms from log_leaves where name = asked.name and idx < $2 order by idx desc limit 1) l)sql";

inline constexpr const char* kLogLeaves = R"sql(
  select idx, name, fpr, counter, ms from log_leaves where idx >= $1 and idx < $2 order by idx)sql";

// Reads each subtree through the primary key.
inline constexpr const char* kLogNodes = R"sql(
  select asked.level, asked.idx, n.hash
  from unnest($1::bigint[], $2::bigint[]) asked (level, idx) cross join lateral (
    select hash from log_nodes where level = asked.level::smallint and idx = asked.idx limit 1) n)sql";

}  // namespace fastchat::worker::sql
