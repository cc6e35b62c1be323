// The statements of the worker's file store.
#pragma once

#include <cstddef>
#include <string>

namespace fastchat::worker::sql {

inline constexpr const char* kFindFile = R"(
select f.fid, f.from_uid, f.size, f.chunks, f.stored, f.expires <= now(),
  f.to_group = $3 and f.epoch = $4 and (f.to_uid = 0 or f.to_uid = (select uid from users where name = $2)),
  f.on_disk, f.boot = $5
from files f where f.file_id = $1 for update of f)";
inline constexpr const char* kTouchFile = "update files set touched = now() where fid = $1";
// Restarts an upload: bytes that another boot wrote and did not sync may be lost, and a body may have been removed.
inline constexpr const char* kStartAgain = "update files set touched = now(), stored = 0, boot = $2 where fid = $1";

// $2: the sender. Returns the user's policy and standing for the sender, too.
inline constexpr const char* kUserByName = R"(
select u.uid, u.strangers::bigint,
  coalesce((select standing from contacts where uid = u.uid and other = $2), 0)::bigint
from users u where u.name = $1 and u.deleted is null)";
// Locks the sender, so that uploads opened at once are counted one after the other.
inline constexpr const char* kLockSender = "select uid from users where uid = $1 for no key update";
inline constexpr const char* kUsedBytes =
    "select coalesce(sum(size), 0)::bigint from files where from_uid = $1 and expires > now()";
inline constexpr const char* kNewFile = R"(
insert into files (file_id, from_uid, from_did, to_uid, to_group, epoch, size, chunks, expires, on_disk, boot)
values ($1, $2, $3, $4, $5, $6, $7, $8, now() + make_interval(secs => $9::bigint::double precision), $10 <> '', $10)
returning fid)";

// For a group that is not deleted, returns whether the user was ever in it, and whether the user is in it now and was
// in this epoch.
inline constexpr const char* kGroupOfFile = R"(
select exists (select from group_members m where m.gid = g.gid and m.uid = $2),
  exists (select from group_members m
          where m.gid = g.gid and m.uid = $2 and m.since_epoch <= $3 and m.left_epoch is null) and $3 <= g.epoch
from groups g where g.group_id = $1 and g.name is not null)";

// The users that a file is kept for: the sender, and the recipient or the remaining members of the epoch of the group.
#define FC_PEOPLE_OF_FILE                                                                                      \
  "select f.to_uid from files f where f.fid = $1 union select f.from_uid from files f where f.fid = $1 union " \
  "select m.uid from files f join groups g on g.group_id = f.to_group join group_members m on m.gid = g.gid "  \
  "where f.fid = $1 and m.since_epoch <= f.epoch and m.left_epoch is null"

// Locks, before the last chunk: no device of these users comes or goes until the commit. (A broker that lets a new
// device in locks the user's row. A worker that removes a device locks the device's row.)
inline constexpr const char* kHoldUsers =
    "select uid from users where uid in (" FC_PEOPLE_OF_FILE ") order by uid for share";
inline constexpr const char* kHoldDevices =
    "select did from devices where uid in (" FC_PEOPLE_OF_FILE ") order by did for key share";
// Keeps the file for each device of these users, or for the mailbox of a user without one; not for the device that sent
// the file, unless the file was for its own user.
inline constexpr const char* kWantFile =
    "insert into file_wants (fid, did) select f.fid, d.did from files f join devices d on d.uid in (" FC_PEOPLE_OF_FILE
    ") where f.fid = $1 and (d.did <> f.from_did or f.to_uid = f.from_uid) "
    "and (d.device <> '\\x00000000000000000000000000000000' or not exists (select from devices o "
    "where o.uid = d.uid and o.device <> '\\x00000000000000000000000000000000')) on conflict do nothing";
#undef FC_PEOPLE_OF_FILE

// Counts $3 chunks at $2. $4: the transaction has no last chunk, so nobody relies on its commit being on disk: after a
// crash of the database an upload goes on where it stands. The commit of the last chunk is on disk with all before it.
inline constexpr const char* kAdvance = R"(
update files set stored = stored + $3, touched = now()
where fid = $1 and stored = $2 and stored + $3 <= chunks and expires > now()
returning on_disk, case when $4 then set_config('synchronous_commit', 'off', true) end)";
// The most bytes of a row, so that a row fills a page (sql/004_file_pieces.sql).
inline constexpr size_t kPieceBytes = 8100;
// Returns the statement for a chunk of `pieces` pieces: one parameter for each behind fid and place.
inline std::string put_pieces(size_t pieces) {
  std::string out = "insert into file_pieces (fid, place, part, data) values ";
  for (size_t i = 0; i < pieces; ++i) {
    out += (i == 0 ? "($1, $2, " : ", ($1, $2, ") + std::to_string(i) + ", $" + std::to_string(i + 3) + ")";
  }
  return out;
}
inline constexpr const char* kFindComplete =
    "select fid, size, on_disk from files where file_id = $1 and stored = chunks and expires > now()";
inline constexpr const char* kReadChunk = "select data from file_pieces where fid = $1 and place = $2 order by part";

// Expires the file when nobody else wants it, or when it is the asker's own unfinished upload.
inline constexpr const char* kDoneFile = R"(
with f as (
  select fid, stored = chunks as complete, from_uid from files where file_id = $1
), gone as (
  delete from file_wants w using f where w.fid = f.fid and w.did = $3
)
update files set expires = now() from f
where files.fid = f.fid and files.expires > now()
  and ((f.complete and not exists (select from file_wants w where w.fid = f.fid and w.did <> $3))
       or (not f.complete and f.from_uid = $2)))";

// Expires uploads that stopped, and files that no device wants: two devices that are done at once each see the other's
// row, so kDoneFile leaves such a file behind.
inline constexpr const char* kEndFiles = R"(
update files f set expires = now()
where f.expires > now() and ((f.stored < f.chunks and f.touched < now() - interval '24 hours')
  or (f.stored = f.chunks and not exists (select from file_wants w where w.fid = f.fid))))";
// Finds one expired file after the other; each is deleted from its end, so that no sweep looks at the pieces of files
// that stay. Skips a file that an upload is just storing, or that the sweep of another worker holds.
inline constexpr const char* kExpiredFile =
    "select fid, stored, on_disk, file_id from files where expires <= now() and (not on_disk or $1) "
    "order by expires limit 1 for update skip locked";
inline constexpr const char* kDropPieces = "delete from file_pieces where fid = $1 and place >= $2 and place < $3";
inline constexpr const char* kShorten = "update files set stored = $2 where fid = $1";
inline constexpr const char* kDropWantsOf = "delete from file_wants where fid = $1";
inline constexpr const char* kDropFile = "delete from files where fid = $1";
inline constexpr const char* kDropWants =
    "delete from file_wants w where not exists (select from devices d where d.did = w.did)";

// Sets up the sessions of this store. A plan that reads all pieces is never the right one, however few there were when
// it was made. A bitmap would have the pieces of a chunk sorted, which the index gives in order. No statement is worth
// compiling.
inline constexpr const char* kPlanWell =
    "select set_config('enable_seqscan', 'off', false), set_config('enable_bitmapscan', 'off', false), "
    "set_config('jit', 'off', false)";

}  // namespace fastchat::worker::sql
