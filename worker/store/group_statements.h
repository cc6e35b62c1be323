// The statements of the worker's store that are about groups.
#pragma once

namespace fastchat::worker::sql {

inline constexpr const char* kLockGroup =
    "select gid, coalesce(name, ''), admin, epoch from groups where group_id = $1 for update";
// Locks the users against the end of their accounts: no deleted user is ever in a new epoch.
inline constexpr const char* kUids =
    "select name, uid from users where name in (select unnest($1::text[])) and deleted is null order by uid "
    "for key share";
inline constexpr const char* kNameInUse = "select 1 from groups where name = $1 and group_id <> $2";
inline constexpr const char* kGroupsMade = "select count(*) from group_states where epoch = 1 and admin = $1";
// Counts an epoch of $2 bytes for user $1. Locks the user's row until the commit. Returns the user's bytes, the epochs
// of the day, and the ms until the day is over.
inline constexpr const char* kTakeBudget = R"(
insert into group_budget as b (uid, bytes, epochs) values ($1, $2, 1)
on conflict (uid) do update set
  bytes = b.bytes + excluded.bytes,
  epochs = case when b.since > now() - interval '24 hours' then b.epochs + 1 else 1 end,
  since = case when b.since > now() - interval '24 hours' then b.since else now() end
returning bytes, epochs, ceil(extract(epoch from since + interval '24 hours' - now()) * 1000)::bigint)";
inline constexpr const char* kBudgetTotal = "select coalesce(sum(bytes), 0)::bigint from group_budget";
inline constexpr const char* kSameState =
    "select 1 from group_states where gid = $1 and epoch = $2 and octet_length(state) = octet_length($3) and state = "
    "$3";
inline constexpr const char* kWasMember = "select 1 from group_members where gid = $1 and uid = $2 limit 1";

inline constexpr const char* kNewGroup =
    "insert into groups (group_id, name, admin, epoch) values ($1, $2, $3, 1) returning gid";
inline constexpr const char* kNextEpoch =
    "update groups set name = $2, admin = $3, epoch = $4, changes = changes + 1 where gid = $1";
inline constexpr const char* kAddState =
    "insert into group_states (gid, epoch, name, admin, state) values ($1, $2, $3, $4, $5)";
// $3: all members of epoch $2.
inline constexpr const char* kCloseMembers =
    "update group_members set left_epoch = $2 where gid = $1 and left_epoch is null "
    "and uid not in (select unnest($3::bigint[]))";
inline constexpr const char* kAddMembers = R"(
insert into group_members (gid, uid, since_epoch)
select $1, t.uid, $2 from unnest($3::bigint[]) as t(uid)
where not exists (select 1 from group_members m where m.gid = $1 and m.uid = t.uid and m.left_epoch is null))";
inline constexpr const char* kLeave =
    "update group_members set left_epoch = $3 where gid = $1 and uid = $2 and left_epoch is null";
inline constexpr const char* kLeaveAll =
    "update group_members set left_epoch = $2 where gid = $1 and left_epoch is null";
inline constexpr const char* kChanged = "update groups set changes = changes + 1 where gid = $1";
inline constexpr const char* kEndGroup = "update groups set name = null, changes = changes + 1 where gid = $1";
// The members now, and those who left for epoch $2.
inline constexpr const char* kToTell =
    "select distinct uid from group_members where gid = $1 and (left_epoch is null or left_epoch = $2) order by uid";

// $1, $2: groups and their known numbers of changes; $3: the number of epochs back for which a member counts.
inline constexpr const char* kGroupLookup = R"(
select g.group_id, g.gid, g.epoch, g.changes, coalesce(m.uid, 0), coalesce(u.name, ''), coalesce(m.since_epoch, 0),
  coalesce(m.left_epoch, 0), m.uid is not null and is_invited(m.uid, g.gid)
from unnest($1::bytea[], $2::bigint[]) as t(group_id, known)
join groups g on g.group_id = t.group_id
left join group_members m on m.gid = g.gid and g.changes <> t.known
  and (m.left_epoch is null or m.left_epoch > g.epoch - $3)
left join users u on u.uid = m.uid
order by g.gid, m.uid, m.since_epoch)";

// The part of group $1 that user $2 may see: all of it for a member, else up to the first epoch without the user.
inline constexpr const char* kGroupView = R"(
select g.gid, g.name is null,
  bool_or(m.left_epoch is null), least(g.epoch, max(coalesce(m.left_epoch, g.epoch)))
from groups g join group_members m on m.gid = g.gid and m.uid = $2
where g.group_id = $1
group by g.gid)";
inline constexpr const char* kStateNames =
    "select s.name, u.name from group_states s join users u on u.uid = s.admin where s.gid = $1 and s.epoch = $2";
// States of the epochs from $2 up to $3: not more than $4 bytes, but at least one state.
inline constexpr const char* kStates = R"(
select s.state
from (
  select epoch, state, sum(octet_length(state)) over (order by epoch) as total
  from (select epoch, state from group_states where gid = $1 and epoch between $2 and $3 order by epoch limit 1024) f
) s
where s.total <= $4 or s.epoch = $2
order by s.epoch)";

inline constexpr const char* kListGroups = R"(
select g.group_id, g.name, g.epoch
from group_members m join groups g using (gid)
where m.uid = $1 and m.left_epoch is null and g.name is not null
order by g.gid limit 8192)";

}  // namespace fastchat::worker::sql
