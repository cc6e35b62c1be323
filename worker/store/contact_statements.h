// The statements of the worker's store that are about contacts, strangers and cards.
#pragma once

namespace fastchat::worker::sql {

// ---- contacts. $1: the user whose list it is.

// Locks the user's row, so that changes of the list run one after the other.
inline constexpr const char* kLockContacts =
    "select strangers::bigint from users where uid = $1 and deleted is null for no key update";
// Messages of strangers to a user, and changes of the user's list, run one after the other. They have a lock of their
// own, the key of which is the user's number beside "strangrs" in ASCII: logins, the vault and uploads lock the row of
// the user, and a stranger who is told BUSY meanwhile would learn that the user is there.
#define FC_LOCK_OF_STRANGERS "(8319400174449816179 # "  // the user's number and ) follow
// $1: users. Waits for the lock of each, in one order.
inline constexpr const char* kHoldStrangers =
    "select pg_advisory_xact_lock" FC_LOCK_OF_STRANGERS "uid) from (select unnest($1::bigint[]) as uid order by 1) u";
// $2, $3: names and standings. Returns the uids, standings, and which are new, without names that nobody has.
inline constexpr const char* kSetContacts = R"(
with given as (
  select u.uid as other, g.standing::smallint as standing
  from unnest($2::text[], $3::bigint[]) as g(name, standing)
  cross join lateral (select uid from users where name = g.name and deleted is null and uid <> $1 limit 1 for key share) u
), gone as (
  delete from contacts c using given g where c.uid = $1 and c.other = g.other and g.standing = 0
  returning c.other
), put as (
  insert into contacts as c (uid, other, standing) select $1, other, standing from given where standing <> 0
  on conflict (uid, other) do update set standing = excluded.standing where c.standing <> excluded.standing
  returning c.other
)
select other, standing::bigint, other in (select other from gone union all select other from put) from given)";
// $2, $3: groups and whether they are accepted. Returns those for which this is new.
inline constexpr const char* kSetContactGroups = R"(
with given as (
  select * from unnest($2::bytea[], $3::bigint[]) as g(group_id, accepted)
), gone as (
  delete from contact_groups c using given g where c.uid = $1 and c.group_id = g.group_id and g.accepted = 0
  returning c.group_id
), put as (
  insert into contact_groups (uid, group_id) select $1, group_id from given where accepted <> 0 on conflict do nothing
  returning group_id
)
select group_id from gone union all select group_id from put)";
inline constexpr const char* kCountContacts =
    "select (select count(*) from contacts where uid = $1), (select count(*) from contact_groups where uid = $1)";
inline constexpr const char* kSetBlocks = R"(
update users set blocks = exists (select from contacts where uid = $1 and standing = 2)
where uid = $1 and blocks <> exists (select from contacts where uid = $1 and standing = 2))";
inline constexpr const char* kSetStrangers = "update users set strangers = $2::bigint::smallint where uid = $1";

// Drops messages of senders $2 from the queues of the user: those of a request, and with $3 all that no device of the
// user has. Their senders never learn more than that they were queued.
inline constexpr const char* kDropQueued = R"(
with waiting as (
  select q.did, q.mid, b.from_did, b.ref
  from devices d
  cross join lateral (
    select from queue_load where did = d.did and from_uid in (select unnest($2::bigint[])) and messages > 0 limit 1) l
  cross join lateral (
    select did, mid, reached from queue where (did, mid) >= (d.did, 0) and (did, mid) < (d.did + 1, 0) offset 0) q
  cross join lateral (select * from bodies where mid = q.mid limit 1) b
  where d.uid = $1 and b.to_uid = $1 and b.to_gid is null and b.from_uid in (select unnest($2::bigint[]))
    and (($3 and not q.reached) or (
      select uid from requests where from_uid = b.from_uid and stream = b.stream and seq = b.seq and uid = $1 limit 1)
      is not null)
), dropped as (
  delete from queue q using waiting w where q.did = w.did and q.mid = w.mid
)
insert into receipts (did, ref, held_by) select distinct from_did, ref, 0::bigint from waiting)";
inline constexpr const char* kForgetRequests =
    "delete from requests where uid = $1 and from_uid in (select unnest($2::bigint[]))";
// Releases the receipts that the user held back from senders $2.
inline constexpr const char* kRelease = R"(
update receipts set held_by = null
where held_by = $1 and held_gid = 0
  and (select uid from devices d where d.did = receipts.did limit 1) in (select unnest($2::bigint[]))
returning did)";
// Releases those of accepted groups $2, and of the groups that users $3 administer.
inline constexpr const char* kReleaseGroups = R"(
update receipts set held_by = null
where held_by = $1 and held_gid <> 0
  and (select g.group_id in (select unnest($2::bytea[])) or g.admin in (select unnest($3::bigint[]))
       from groups g where g.gid = receipts.held_gid limit 1)
returning did)";
// Releases all receipts that the user holds back from nobody any more.
inline constexpr const char* kReleaseAll = R"(
update receipts r set held_by = null
where r.held_by = $1 and case
  when r.held_gid = 0 then is_open($1, (select uid from devices d where d.did = r.did limit 1))
  else not is_invited($1, r.held_gid) end
returning did)";
// Counts a change of the groups in which the user may have become, or ceased to be, an invited member: groups $2,
// those that users $3 administer, and with $4 all. So no worker goes on with the members that it has cached.
inline constexpr const char* kCountGroupChanges = R"(
with touched as (
  select m.gid
  from group_members m
  cross join lateral (select group_id, admin from groups where gid = m.gid limit 1) g
  where m.uid = $1 and m.left_epoch is null
    and ($4 or g.group_id in (select unnest($2::bytea[])) or g.admin in (select unnest($3::bigint[])))
), locked as (
  select gid from groups where gid in (select gid from touched) order by gid for update
)
update groups g set changes = changes + 1 from locked t where g.gid = t.gid)";

inline constexpr const char* kStrangersOf = "select strangers::bigint from users where uid = $1 and deleted is null";
// Users after name $2, at most $3.
inline constexpr const char* kListContacts = R"(
select u.name, c.standing::bigint
from contacts c cross join lateral (select name from users where uid = c.other limit 1) u
where c.uid = $1 and u.name collate "C" > $2 order by u.name collate "C" limit $3)";
inline constexpr const char* kListContactGroups =
    "select group_id from contact_groups where uid = $1 and group_id > $2 order by group_id limit $3";
// $1, $2: users and senders. Returns a row for each pair, in order.
inline constexpr const char* kStandings = R"(
select coalesce((select c.standing from contacts c where c.uid = t.uid and c.other = t.other), 0)::bigint
from unnest($1::bigint[], $2::bigint[]) with ordinality as t(uid, other, place) order by t.place)";

// ---- messages of strangers

// Locks recipients, in one order.
inline constexpr const char* kLockRecipients =
    "select uid from users where uid in (select unnest($1::bigint[])) and deleted is null order by uid for no key "
    "update";
// Takes the lock of strangers of those recipients for whom no other transaction has it, and who are not just being
// deleted. Returns each, and whether the lock is taken now.
inline constexpr const char* kLockFree = R"(
with asked as (
  select uid from users where uid in (select unnest($1::bigint[])) and deleted is null
), present as (
  select uid from users where uid in (select uid from asked) for key share skip locked
)
select a.uid, p.uid is not null and pg_try_advisory_xact_lock)" FC_LOCK_OF_STRANGERS R"(a.uid)
from asked a left join present p using (uid))";
// $1: the recipient; $2, $3, $4: the identity of the message; $5: its envelope. Returns the recipient's policy and
// standing for the sender, whether the message is known as a request, the numbers of RequestLoad, and whether the
// identity belongs to another message.
inline constexpr const char* kRequestLoad = R"(
select u.strangers::bigint,
  coalesce((select standing from contacts where uid = u.uid and other = $2), 0)::bigint,
  exists (
    select from requests where from_uid = $2 and stream = $3 and seq = $4 and uid = u.uid and digest = sha256($5)),
  (select count(*) from requests where uid = u.uid and from_uid = $2),
  (select count(distinct from_uid) from requests where uid = u.uid),
  (select count(*) from requests r
   cross join lateral (select mid from bodies where from_uid = r.from_uid and stream = r.stream and seq = r.seq limit 1) b
   where r.uid = u.uid and exists (
     select from devices d cross join lateral (select from queue where did = d.did and mid = b.mid limit 1) q
     where d.uid = u.uid)),
  exists (
    select from requests
    where from_uid = $2 and stream = $3 and seq = $4 and (uid <> u.uid or digest <> sha256($5)))
  or exists (
    select from bodies
    where from_uid = $2 and stream = $3 and seq = $4 and (to_uid <> u.uid or to_gid is not null or envelope <> $5))
from users u where u.uid = $1 and u.deleted is null)";
// Fails with a conflict when another worker just took a message under the same identity for somebody else. Writes
// nothing when the sender's account is deleted, or just being deleted: nothing would end such a request.
inline constexpr const char* kAddRequest = R"(
insert into requests (uid, from_uid, stream, seq, digest)
select $1, uid, $3, $4, sha256($5) from users where uid = $2 and deleted is null for key share skip locked)";

// ---- cards

inline constexpr const char* kDropCards = R"(
delete from cards where uid = $1 and (expires <= now() or token_hash in (
  select token_hash from cards where uid = $1 and redeemed_by is not null order by redeemed desc offset $2)))";
// Returns the open cards besides $2.
inline constexpr const char* kCountCards =
    "select count(*) from cards where uid = $1 and redeemed_by is null and token_hash <> $2";
// $3: Unix time in ms; $4: days, the longest life. Writes nothing when that time is over.
inline constexpr const char* kPutCard = R"(
insert into cards as c (uid, token_hash, expires)
select $1, $2, to_timestamp(
  least($3::bigint, (extract(epoch from now()) * 1000)::bigint + $4::bigint * 86400000) / 1000.0)
where $3::bigint / 1000.0 > extract(epoch from now())
on conflict (uid, token_hash) do update set expires = excluded.expires
returning 1::bigint)";
inline constexpr const char* kMaker = "select uid from users where name = $1 and deleted is null";
// $1: the maker; $2: the hash; $3: the bearer. Returns a row for a card that this bearer redeemed before, and for an
// open one of a maker who has not blocked the bearer: true when the card is redeemed now.
inline constexpr const char* kTakeCard = R"(
update cards set redeemed_by = $3, redeemed = coalesce(redeemed, now())
where uid = $1 and token_hash = $2 and expires > now() and (redeemed_by = $3 or (
  redeemed_by is null and not exists (select from contacts where uid = $1 and other = $3 and standing = 2)))
returning redeemed = now())";
inline constexpr const char* kAccept = R"(
insert into contacts as c (uid, other, standing) values ($1, $2, 1)
on conflict (uid, other) do update set standing = 1 where c.standing <> 1)";

}  // namespace fastchat::worker::sql
