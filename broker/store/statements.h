// The statements of the broker's store.
#pragma once

namespace fastchat::broker::sql {

inline constexpr const char* kInsertUser = R"sql(
  with person as (
    insert into users (name, public_key, identity_blob, vault, verifier, strangers)
    values ($1, $2, $3, $4, $5, $6::bigint::smallint)
    on conflict (name) do nothing returning uid),
  mailbox as (
    insert into devices (uid, device) select uid, '\x00000000000000000000000000000000'::bytea from person)
  select uid from person)sql";

inline constexpr const char* kSameUser = R"sql(
  select uid from users where name = $1 and public_key = $2 and identity_blob = $3 and verifier = $4)sql";

inline constexpr const char* kTakeInvite = R"sql(
  update invites set uses_left = uses_left - 1
  where token_hash = $1 and uses_left > 0 and (expires is null or expires > now()) returning uses_left::bigint)sql";

// Returns one row for known and unknown users alike, by one look-up in each of three indexes.
inline constexpr const char* kLoginRow = R"sql(
  select coalesce(u.uid, 0), coalesce(u.verifier, '\x0000000000000000000000000000000000000000000000000000000000000000'),
    d.did is not null, coalesce(d.secret_hash, ''::bytea), e.did is not null
  from (values ($1::text)) asked (name)
  left join users u on u.name = asked.name and u.deleted is null
  left join devices d on d.uid = coalesce(u.uid, 0) and d.device = $2
  left join ended_devices e on e.uid = coalesce(u.uid, 0) and e.device = $2)sql";

// True when messages or files wait in the mailbox of user $1, whose device id is 16 zero bytes: they came while the
// user had no device.
#define FC_MAIL_WAITS                                                                                    \
  "exists (select from devices m where m.uid = $1 and m.device = '\\x00000000000000000000000000000000' " \
  "and (exists (select from queue q where q.did = m.did) or exists (select from file_wants w where w.did = m.did)))"

// A device is new while its last_login is the epoch (1970): no login of the device ever completed adopting. PostgreSQL
// checks the condition on the hash against the row that it writes, so a concurrent removal or change of the password is
// never overtaken.
inline constexpr const char* kLogInBySecret = R"sql(
  with entered as (
    update devices set session_epoch = greatest(session_epoch, (select (generation - 1) << 32 from store_identity)) + 1, name = case when named then name else $3 end,
      last_login = case when last_login = to_timestamp(0) then last_login else now() end
    where uid = $1 and device = $2 and secret_hash = $4
    returning did, session_epoch, last_login = to_timestamp(0) as is_new)
  select e.did, e.session_epoch, e.is_new, )sql" FC_MAIL_WAITS R"sql(, u.vault, u.vault_version,
    (select count(*) from rekeys k where k.uid = $1)
  from entered e join users u on u.uid = $1)sql";

// Returns the reason why kLogInBySecret found nothing: whether the device exists, and whether it has ended.
inline constexpr const char* kDeviceState = R"sql(
  select exists (select from devices where uid = $1 and device = $2),
    exists (select from ended_devices where uid = $1 and device = $2))sql";

// Locks the user's row before anything else is read: logins by password, removals and changes of the password of one
// user run one after the other, and each sees the writes of the one before.
inline constexpr const char* kLockUser = R"sql(
  select verifier, identity_blob, vault, vault_version, deleted is not null, name
  from users where uid = $1 for no key update)sql";

// The changes of the key of a user whose row is locked. A statement of its own: the one that locks does not see what
// was committed while it waited.
inline constexpr const char* kCountRekeys = "select count(*) from rekeys where uid = $1";

inline constexpr const char* kLogInKnown = R"sql(
  update devices set session_epoch = greatest(session_epoch, (select (generation - 1) << 32 from store_identity)) + 1, name = case when named then name else $3 end, secret_hash = coalesce($4, secret_hash),
    last_login = case when last_login = to_timestamp(0) then last_login else now() end
  where uid = $1 and device = $2
  returning did, session_epoch, last_login = to_timestamp(0))sql";

inline constexpr const char* kLogInNew = R"sql(
  insert into devices (uid, device, name, session_epoch, last_login, secret_hash, address)
  values ($1, $2, $3, (select (generation - 1) << 32 from store_identity) + 1, to_timestamp(0), $4, $5) returning did, session_epoch, true)sql";

// The rest of a login by password, of a user whose row is locked.
inline constexpr const char* kMailAndRekeys =
    "select " FC_MAIL_WAITS ", (select count(*) from rekeys k where k.uid = $1)";

// Returns three numbers: the user's devices; the devices made in the last hour, including removed ones; and the ms
// until the oldest of those is an hour old.
inline constexpr const char* kCountDevices = R"sql(
  with made as (
    select created from devices where uid = $1 and device <> '\x00000000000000000000000000000000'
    union all select created from ended_devices where uid = $1),
  lately as (select created from made where created > now() - interval '1 hour')
  select (select count(*) from devices where uid = $1 and device <> '\x00000000000000000000000000000000'),
    (select count(*) from lately),
    coalesce((select ceil(extract(epoch from min(created) + interval '1 hour' - now()) * 1000) from lately), 0)::bigint)sql";

inline constexpr const char* kListDevices = R"sql(
  select device, name, (extract(epoch from created) * 1000)::bigint, (extract(epoch from last_login) * 1000)::bigint,
    address
  from devices where uid = $1 and device <> '\x00000000000000000000000000000000' order by did limit $2)sql";

inline constexpr const char* kAdopter = R"sql(
  select last_login = to_timestamp(0), adopted_mid, adopted_fid from devices
  where uid = $1 and did = $2 for no key update)sql";

inline constexpr const char* kEmptyMailbox = R"sql(
  with mail as (
    select q.did, q.mid from devices m cross join lateral (
      select did, mid from queue where (did, mid) >= (m.did, 0) and (did, mid) < (m.did + 1, 0)
      order by did, mid limit $2) q
    where m.uid = $1 and m.device = '\x00000000000000000000000000000000'),
  taken as (
    delete from queue q using mail s where q.did = s.did and q.mid = s.mid returning q.mid, q.reached),
  spread as (
    insert into queue (did, mid, reached)
    select o.did, t.mid, t.reached from taken t cross join devices o
    where o.uid = $1 and o.device <> '\x00000000000000000000000000000000'
    on conflict do nothing)
  select count(*) from taken)sql";
inline constexpr const char* kEmptyMailboxFiles = R"sql(
  with mail as (
    select w.did, w.fid from devices m cross join lateral (
      select did, fid from file_wants where did = m.did offset 0) w
    where m.uid = $1 and m.device = '\x00000000000000000000000000000000' order by w.fid limit $2),
  taken as (
    delete from file_wants w using mail s where w.did = s.did and w.fid = s.fid returning w.fid),
  spread as (
    insert into file_wants (fid, did)
    select t.fid, o.did from taken t cross join devices o
    where o.uid = $1 and o.device <> '\x00000000000000000000000000000000'
    on conflict do nothing)
  select count(*) from taken)sql";

// Copies the next rows of the user's other devices, each message once. Reads device by device, so that a slice costs
// the same at every position. Locks the bodies, so that no sweep deletes one between the read and the copy.
inline constexpr const char* kAdoptSlice = R"sql(
  with given as (
    select q.mid, bool_or(q.reached) as reached from devices o cross join lateral (
      select mid, reached from queue where (did, mid) > (o.did, $3) and (did, mid) < (o.did + 1, 0)
      order by did, mid limit $4) q
    where o.uid = $1 and o.did <> $2 group by q.mid order by q.mid limit $4),
  kept as (
    select b.mid, g.reached from given g cross join lateral (
      select mid from bodies where mid = g.mid limit 1 for key share) b),
  copied as (
    insert into queue (did, mid, reached) select $2, mid, reached from kept
    on conflict do nothing)
  select count(*), coalesce(max(mid), $3) from given)sql";
inline constexpr const char* kAdoptFiles = R"sql(
  with given as (
    select distinct w.fid from devices o cross join lateral (
      select fid from file_wants where did = o.did offset 0) w
    where o.uid = $1 and o.did <> $2 and w.fid > $3 order by w.fid limit $4),
  copied as (
    insert into file_wants (fid, did) select fid, $2 from given on conflict do nothing)
  select count(*), coalesce(max(fid), $3) from given)sql";
inline constexpr const char* kAdoptedUpto = "update devices set adopted_mid = $2, adopted_fid = $3 where did = $1";
inline constexpr const char* kAdopted = "update devices set last_login = now() where did = $1";

inline constexpr const char* kHasDevice = "select did from devices where uid = $1 and device = $2";
inline constexpr const char* kSetPassword = R"sql(
  update users set verifier = $2, identity_blob = $3, vault = $4, vault_version = $5 where uid = $1)sql";
inline constexpr const char* kSetKey = R"sql(
  update users set public_key = $2, first_public_key = coalesce(first_public_key, public_key) where uid = $1)sql";
inline constexpr const char* kAddRekey = "insert into rekeys (uid, number, rekey) values ($1, $2, $3)";
inline constexpr const char* kDropSecrets = R"sql(
  update devices set secret_hash = null, session_epoch = session_epoch + 1, valid_from = session_epoch + 1
  where uid = $1 and device <> $2 and device <> '\x00000000000000000000000000000000'
  returning did, session_epoch)sql";
// For a repeated change: the devices that have not logged in with the new password since.
inline constexpr const char* kWithoutSecret = R"sql(
  select did, valid_from from devices
  where uid = $1 and device <> $2 and device <> '\x00000000000000000000000000000000' and secret_hash is null
    and valid_from = session_epoch)sql";

// Locks the user's row against everything that refers to it. A group that just takes the user in commits before, or
// finds the user deleted.
inline constexpr const char* kLockToDelete =
    "select verifier, deleted is not null, name from users where uid = $1 for update";
inline constexpr const char* kOwnedGroups = R"sql(
  select g.name from groups g
  where g.admin = $1 and g.name is not null
    and exists (select from group_members m where m.gid = g.gid and m.uid <> $1 and m.left_epoch is null)
  order by g.name limit $2)sql";
// The groups of the user, locked in one order.
inline constexpr const char* kLockGroupsOf = R"sql(
  select gid from groups
  where gid in (select gid from group_members where uid = $1 and left_epoch is null) order by gid for update)sql";
inline constexpr const char* kLeaveGroups = R"sql(
  with gone as (
    update group_members m set left_epoch = g.epoch + 1 from groups g
    where m.uid = $1 and m.left_epoch is null and g.gid = m.gid returning m.gid)
  update groups g set changes = changes + 1, name = case when g.admin = $1 then null else g.name end
  where g.gid in (select gid from gone))sql";
inline constexpr const char* kEndDevices = R"sql(
  with gone as (
    delete from devices where uid = $1 returning did)
  insert into gone_devices (did, uid) select did, $1 from gone)sql";
inline constexpr const char* kGoneDevices = "select did from gone_devices where uid = $1 order by did";
inline constexpr const char* kForgetEnded = "delete from ended_devices where uid = $1";
inline constexpr const char* kForgetKeys = "delete from rekeys where uid = $1";
// All that the user knows of others, and that others know of the user.
inline constexpr const char* kForgetContacts = "delete from contacts where uid = $1 or other = $1";
inline constexpr const char* kForgetContactGroups = "delete from contact_groups where uid = $1";
// The messages of the user that wait for an answer go with the account: without their requests nothing would count
// them.
inline constexpr const char* kDropRequests = R"sql(
  with waiting as (
    select q.did, q.mid from requests r
    cross join lateral (
      select mid from bodies where from_uid = r.from_uid and stream = r.stream and seq = r.seq limit 1) b
    cross join lateral (select did, mid from queue where mid = b.mid offset 0) q
    where r.from_uid = $1)
  delete from queue q using waiting w where q.did = w.did and q.mid = w.mid)sql";
inline constexpr const char* kForgetRequests = "delete from requests where uid = $1 or from_uid = $1";
inline constexpr const char* kForgetCards = "delete from cards where uid = $1 or redeemed_by = $1";
inline constexpr const char* kForgetParts = "delete from vault_parts where uid = $1";
inline constexpr const char* kForgetHeld = "update receipts set held_by = 0 where held_by = $1";
// A complete file stays for its recipients, as a message in their queues does.
inline constexpr const char* kEndUploads =
    "update files set expires = now() where from_uid = $1 and stored < chunks and expires > now()";
inline constexpr const char* kDeleteUser = R"sql(
  update users set deleted = now(), public_key = '', first_public_key = null, identity_blob = '', vault = '',
    verifier = '\x0000000000000000000000000000000000000000000000000000000000000000'
  where uid = $1)sql";

inline constexpr const char* kCreateInvite = R"sql(
  insert into invites (token_hash, uses_left, expires)
  values ($1, $2, case when $3::bigint = 0 then null else now() + make_interval(secs => $3::bigint::double precision) end)
  returning uses_left::bigint)sql";

inline constexpr const char* kClaimRealm = R"sql(
  insert into realm (id) values ($1) on conflict do nothing)sql";
inline constexpr const char* kRealm = R"sql(select id from realm)sql";

#undef FC_MAIL_WAITS

}  // namespace fastchat::broker::sql
