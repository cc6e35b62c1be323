// The statements of the worker's store. Tables that grow are read in a lateral subquery with a limit (or offset 0,
// which keeps it apart as well): PostgreSQL then looks each row up by its key. With a join, PostgreSQL may read the
// whole table, and does so by statistics from the time when that table was small. A range of (did, mid) can be read in
// the order of one index alone.
#pragma once

namespace fastchat::worker::sql {

// $1..$8: the bodies, sorted by identity; $9, $10, $11: (place of the body, from 1; device; its owner). $12: of a
// place, 1 when its owner has the message on another device. Locks the devices' rows against removal. A device that is
// gone, and the mailbox of somebody who has a device by now, stand for the devices that their owner has, or for the
// mailbox when there is none: nobody reads a mailbox once a device has emptied it. The device that sent the message
// never gets it. An identity is one message: its body is taken only where there is none, or the same one. Its receipts
// go to the device that sent it last: a device that its database forgot has another number than when it sent the
// message first. Returns the targets that were not queued: the number among the places, and one of Refused.
inline constexpr const char* kInsert = R"(
with given as (
  select * from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[], $6::bigint[], $7::bytea[], $8::bigint[])
    with ordinality as g(from_uid, from_did, ref, to_uid, stream, seq, envelope, to_gid, place)
), stored as (
  insert into bodies as b (from_uid, from_did, ref, to_uid, stream, seq, envelope, to_gid)
  select from_uid, from_did, ref, to_uid, stream, seq, envelope, nullif(to_gid, 0) from given order by place
  on conflict (from_uid, stream, seq) do update set stored_at = now(), from_did = excluded.from_did, ref = excluded.ref
  where b.envelope = excluded.envelope and b.to_uid = excluded.to_uid and b.to_gid is not distinct from excluded.to_gid
  returning b.mid, b.from_uid, b.stream, b.seq
), bodied as (
  select g.place, g.from_did, s.mid
  from given g join stored s on s.from_uid = g.from_uid and s.stream = g.stream and s.seq = g.seq
), wanted as (
  select * from unnest($9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[])
    with ordinality as w(place, did, owner, reached, number)
), places as (
  select distinct did from wanted
), held as (
  select d.did, d.device = '\x00000000000000000000000000000000' as is_mailbox
  from places p join devices d using (did) for key share of d skip locked
), locked as (
  select d.did from places p join devices d using (did) where d.did not in (select did from held)
), queued as (
  insert into queue (did, mid, reached)
  select t.did, b.mid, bool_or(w.reached <> 0)
  from wanted w
  join bodied b on b.place = w.place
  left join held h on h.did = w.did
  cross join lateral (
    select h.did where not h.is_mailbox
    union all
    select d.did from devices d
    where h.is_mailbox is distinct from false and d.uid = w.owner and d.did <> b.from_did
      and (d.device <> '\x00000000000000000000000000000000' or not exists (
        select from devices o where o.uid = w.owner and o.device <> '\x00000000000000000000000000000000'))
  ) t
  where w.did not in (select did from locked)
  group by t.did, b.mid
  on conflict do nothing
)
select number, refused from (
  select w.number,
    case when not exists (select from bodied b where b.place = w.place) then 1
         when w.did in (select did from locked) then 2
         when not exists (select from held h where h.did = w.did)
           and not exists (select from users u where u.uid = w.owner and u.deleted is null) then 3
    end as refused
  from wanted w
) r where refused is not null)";
enum Refused : int32_t { kOtherBody = 1, kDeviceLocked = 2, kNoOwner = 3 };

// $1, $2: devices and senders. Returns the queued load of each device (with sender 0), and of each sender on it.
inline constexpr const char* kMeasure = R"(
select did, 0::bigint, sum(messages)::bigint, sum(bytes)::bigint
from queue_load where did in (select unnest($1::bigint[])) group by did
union all
select l.did, l.from_uid, l.messages, l.bytes
from unnest($1::bigint[], $2::bigint[]) as t(did, from_uid) join queue_load l using (did, from_uid))";

// $11, $12: for each receipt, the user who holds it back (0: nobody) and the group (0: of a message to one person). A
// user who accepted meanwhile holds nothing back.
// $8, $9, $10: senders to tell, their refs, and the epoch of the session that this worker has of each. Returns those
// that logged in since: their receipts are kept, too. Marks the owner's other rows once all of these are deleted,
// without waiting for a row that another transaction holds, which marks or deletes that row itself. So two devices of
// one user that acknowledge at once never wait for each other in a circle.
inline constexpr const char* kRemove = R"(
with gone as (
  delete from queue q using unnest($1::bigint[], $2::bigint[]) as t(did, mid) where q.did = t.did and q.mid = t.mid
  returning q.did, q.mid
), others as (
  select q.did, q.mid
  from (select did, mid from gone order by did, mid) g
  cross join lateral (select uid from devices where did = g.did limit 1) d
  cross join lateral (select did from devices where uid = d.uid and did <> g.did offset 0) o
  cross join lateral (
    select did, mid from queue where did = o.did and mid = g.mid and not reached limit 1 for update skip locked) q
), marked as (
  update queue q set reached = true from others o where q.did = o.did and q.mid = o.mid
), elsewhere as (
  select t.did, t.ref from unnest($8::bigint[], $9::bigint[], $10::bigint[]) as t(did, ref, epoch)
  join devices d on d.did = t.did where d.session_epoch > t.epoch
), kept as (
  insert into receipts (did, ref, member, held_by, held_gid)
  select t.did, t.ref, t.member,
    case when t.held_by = 0 then null
         when t.gid = 0 then (select t.held_by where not is_open(t.held_by, (select uid from devices where did = t.did)))
         else (select t.held_by where is_invited(t.held_by, t.gid)) end, t.gid
  from unnest($3::bigint[], $4::bigint[], $5::bigint[], $11::bigint[], $12::bigint[]) as t(did, ref, member, held_by, gid)
  union all select did, ref, 0, null, 0 from elsewhere
), dropped as (
  delete from receipts r using unnest($6::bigint[], $7::bigint[]) as t(did, id) where r.did = t.did and r.id = t.id
)
select did, ref from elsewhere)";

// Deletes bodies without a row. Passes over a body that is held by a row about to be committed. The foreign key refuses
// to delete a body that got a row since this statement began (kConflict: runs once more, and then sees the row).
inline constexpr const char* kReap = R"(
with idle as (
  select b.mid from bodies b
  where b.mid in (select unnest($1::bigint[])) and b.stored_at < now() - interval '1 minute'
    and not exists (select from queue q where q.mid = b.mid)
  order by b.mid for update skip locked
)
delete from bodies b using idle where b.mid = idle.mid)";
// Returns the mid of the last body of a slice, oldest first, or null. $1: the last mid seen; $2: the bodies of a slice.
inline constexpr const char* kSlice =
    "select max(mid)::bigint from (select mid from bodies where mid > $1 order by mid limit $2) s";
inline constexpr const char* kExpire = R"(
delete from queue q using bodies b
where b.mid > $1 and b.mid <= $2 and b.stored_at < now() - make_interval(days => $3::bigint::integer) and q.mid = b.mid)";
inline constexpr const char* kReapSlice = R"(
with idle as (
  select b.mid from bodies b
  where b.mid > $1 and b.mid <= $2 and b.stored_at < now() - interval '1 minute'
    and not exists (select from queue q where q.mid = b.mid)
  order by b.mid for update skip locked
)
delete from bodies b using idle where b.mid = idle.mid)";
inline constexpr const char* kReapLoad = "delete from queue_load where messages <= 0";
// Renews the last login of attached devices: a device that is attached for days without a login is in use.
inline constexpr const char* kInUse = R"(
update devices set last_login = now()
where did in (select unnest($1::bigint[])) and last_login > to_timestamp(0) and last_login < now() - interval '1 day')";
inline constexpr const char* kOldDevices = R"(
select did from devices
where device <> '\x00000000000000000000000000000000'
  and greatest(last_login, created) < now() - make_interval(days => $1::bigint::integer) order by did limit 256)";
inline constexpr const char* kLockOldDevice = R"(
select did from devices
where did = $1 and greatest(last_login, created) < now() - make_interval(days => $2::bigint::integer) for update)";
// A device of a deleted user, and the next messages of its queue.
inline constexpr const char* kGoneDevice = "select did from gone_devices order by did limit 1 for update skip locked";
inline constexpr const char* kReapGone = R"(
delete from queue where (did, mid) in (
  select did, mid from queue where (did, mid) >= ($1, 0) and (did, mid) < ($1 + 1, 0) order by did, mid limit $2))";
inline constexpr const char* kGoneDone = "delete from gone_devices where did = $1";
inline constexpr const char* kReapReceipts =
    "delete from receipts r where not exists (select 1 from devices d where d.did = r.did)";

// Deletes the oldest receipts of devices that have more than $1 to show, or more than $1 that are held back.
inline constexpr const char* kTrimReceipts = R"(
with many as materialized (
  select did, held_by is null as shown from receipts group by 1, 2 having count(*) > $1 limit 64
), upto as materialized (
  select m.did, m.shown, (
    select r.id from receipts r where r.did = m.did and (r.held_by is null) = m.shown order by r.id desc offset $1 limit 1
  ) as id from many m
)
delete from receipts r using upto u where r.did = u.did and r.id <= u.id and (r.held_by is null) = u.shown)";
// Releases receipts that nobody holds back any more: those of a user who takes everything by now, and those whose
// acknowledgement met the change of a standing.
inline constexpr const char* kReleaseOld = R"(
update receipts r set held_by = null
where r.held_by <> 0 and case
  when r.held_gid = 0 then is_open(r.held_by, (select uid from devices d where d.did = r.did limit 1))
  else not is_invited(r.held_by, r.held_gid) end)";

inline constexpr const char* kDrain = R"(
select b.mid, b.from_did, b.ref, b.to_uid, b.from_uid, coalesce(b.to_gid, 0), b.envelope,
  case when b.to_gid is null
       then b.from_uid <> b.to_uid and (not is_open(b.to_uid, b.from_uid) or (
         select uid from requests where from_uid = b.from_uid and stream = b.stream and seq = b.seq and uid = b.to_uid
         limit 1) is not null)
       else coalesce(is_invited((select uid from devices where did = $1), b.to_gid), false) end
from (
  select mid from queue where (did, mid) >= ($1, 0) and (did, mid) < ($1 + 1, 0) and mid not in (select unnest($2::bigint[]))
  order by did, mid limit $3) q
cross join lateral (select * from bodies where mid = q.mid limit 1) b
order by b.mid)";
inline constexpr const char* kReceipts =
    "select id, ref, member from receipts where did = $1 and held_by is null order by id limit $2";

inline constexpr const char* kLookup = R"(
select u.uid, u.name, u.public_key, d.did, d.device = '\x00000000000000000000000000000000', u.strangers::bigint, u.blocks
from users u join devices d using (uid) where u.name in (select unnest($1::text[])) order by u.uid, d.did)";

// Returns at least one row for an existing user; its second column is empty when the key never changed.
inline constexpr const char* kRekeys = R"(
select coalesce(u.first_public_key, u.public_key), coalesce(k.rekey, ''::bytea)
from users u left join rekeys k using (uid) where u.name = $1 and u.deleted is null order by k.number)";

// Lists queued messages: rows for a device of the recipient (second column 0) or of another member of the group (second
// column: the member), stored receipts, and messages of a stranger whom the recipient has not answered. A receipt that
// is held back counts like a row: its message is no more than queued. Rows for the sender's own other devices do not
// count. Third column: whether another device of the recipient or member has the message. For a sender to whom that
// user is not open, no device has it: else the answer would change when the last device acknowledges.
inline constexpr const char* kQuery = R"(
select t.ref, case when b.to_gid is null then 0 else d.uid end,
  bool_or(q.reached and case when b.to_gid is null then is_open(b.to_uid, b.from_uid)
                             else not coalesce(is_invited(d.uid, b.to_gid), false) end)
from unnest($1::bigint[], $2::bytea[], $3::bigint[]) as t(ref, stream, seq)
cross join lateral (select * from bodies where from_uid = $4 and stream = t.stream and seq = t.seq limit 1) b
cross join lateral (select did, reached from queue where mid = b.mid offset 0) q
cross join lateral (select uid from devices where did = q.did limit 1) d
where case when b.to_gid is null then d.uid = b.to_uid else d.uid <> b.from_uid end
group by 1, 2
union
select r.ref, case when r.held_by is null then 0 else r.member end, false
from receipts r where r.did = $5 and r.ref in (select unnest($1::bigint[]))
union
select t.ref, 0, false
from unnest($1::bigint[], $2::bytea[], $3::bigint[]) as t(ref, stream, seq)
cross join lateral (select from requests where from_uid = $4 and stream = t.stream and seq = t.seq limit 1) w)";

inline constexpr const char* kDevices = R"(
select did, device, name, (extract(epoch from created) * 1000)::bigint, (extract(epoch from last_login) * 1000)::bigint,
  address
from devices where uid = $1 and device <> '\x00000000000000000000000000000000' order by did)";

inline constexpr const char* kRenameDevice = R"(
update devices set name = $3, named = true
where uid = $1 and device = $2 and device <> '\x00000000000000000000000000000000')";

inline constexpr const char* kSweep = R"(
select d.did, v.did is null or v.valid_from > d.epoch
from unnest($1::bigint[], $2::bigint[]) as d(did, epoch) left join devices v on v.did = d.did
where v.did is null or v.valid_from > d.epoch or exists (select 1 from queue q where q.did = d.did)
  or exists (select 1 from receipts r where r.did = d.did and r.held_by is null))";

}  // namespace fastchat::worker::sql
