// The statements about vaults of the worker's store. Each write locks the user's row first, so that the writes of one
// user run one after the other.
#pragma once

namespace fastchat::worker::sql {

inline constexpr const char* kPutVault =
    "update users set vault = $3, vault_version = $2 where uid = $1 and vault_version = $2 - 1 and deleted is null";
inline constexpr const char* kSameVault = "select uid from users where uid = $1 and vault_version = $2 and vault = $3";
inline constexpr const char* kGetVault = "select vault_version, vault from users where uid = $1 and deleted is null";
inline constexpr const char* kLockVault = "select uid from users where uid = $1 and deleted is null for no key update";

// A part that is here already begins its hour anew.
inline constexpr const char* kPutParts = R"(
insert into vault_parts (uid, hash, part) select $1, sha256(p), p from (select distinct unnest($2::bytea[])) as new(p)
on conflict (uid, hash) do update set at = now() where not vault_parts.listed)";

// Deletes the oldest parts that no vault names, beyond $2 bytes or $3 parts of them.
inline constexpr const char* kForgetOldest = R"(
with ages as (
  select hash, sum(octet_length(part)) over newest as bytes, row_number() over newest as parts
  from vault_parts where uid = $1 and not listed
  window newest as (order by at desc, hash rows unbounded preceding))
delete from vault_parts v using ages a where v.uid = $1 and v.hash = a.hash and (a.bytes > $2 or a.parts > $3))";
inline constexpr const char* kCountParts = R"(
select count(v.hash) = count(*) from (select distinct sha256(unnest($2::bytea[]))) as new(hash)
left join vault_parts v on v.uid = $1 and v.hash = new.hash)";

// The sweep deletes a part at the same time only before this statement, which then does not see the part.
inline constexpr const char* kListParts =
    "update vault_parts set listed = true where uid = $1 and hash in (select unnest($2::bytea[])) and not listed";
inline constexpr const char* kSumListed = R"(
select count(*), coalesce(sum(octet_length(part)), 0)::bigint
from vault_parts where uid = $1 and hash in (select unnest($2::bytea[])) and listed)";
inline constexpr const char* kUnlistParts = R"(
update vault_parts set listed = false, at = now()
where uid = $1 and listed and hash not in (select unnest($2::bytea[])))";

// A broker of before this version deletes an account and knows of no parts.
inline constexpr const char* kUnlistDeleted = R"(
update vault_parts p set listed = false, at = now() from users u
where u.uid = p.uid and u.deleted is not null and p.listed)";

// Deletes a slice of the parts that no vault named for an hour.
inline constexpr const char* kReapParts = R"(
delete from vault_parts where not listed and at < now() - interval '1 hour' and (uid, hash) in (
  select uid, hash from vault_parts where not listed and at < now() - interval '1 hour' order by at limit $1))";

}  // namespace fastchat::worker::sql
