#include "common/pg/end_device.h"

namespace fastchat::pg {
namespace {

const std::string kLockUser = "select uid from users where uid = $1 for no key update";
// Locks the device itself: an insert into its queue is either seen by the moves below, or finds no device.
const std::string kLockDevice = R"(
select did from devices
where uid = $1 and device = $2 and device <> '\x00000000000000000000000000000000' for update)";
const std::string kEndedBefore = "select did from ended_devices where uid = $1 and device = $2";

const std::string kMark =
    "insert into ended_devices (uid, device, did, created) select uid, device, did, created from devices where did = "
    "$1";
const std::string kForgetOldMarks = R"(
delete from ended_devices where uid = (select uid from devices where did = $1) and device not in (
  select e.device from ended_devices e join devices d on d.uid = e.uid where d.did = $1 order by e.ended desc, e.did desc
  limit 1000))";

// Moves the queue of the user's last device to the mailbox.
const std::string kMoveToMailbox = R"(
insert into queue (did, mid, reached)
select m.did, q.mid, q.reached
from devices d
join devices m on m.uid = d.uid and m.device = '\x00000000000000000000000000000000'
join queue q on q.did = d.did
where d.did = $1
  and not exists (select 1 from devices o where o.uid = d.uid and o.did <> d.did and o.did <> m.did)
on conflict do nothing)";
const std::string kMoveWants = R"(
insert into file_wants (fid, did)
select w.fid, m.did
from devices d
join devices m on m.uid = d.uid and m.device = '\x00000000000000000000000000000000'
join file_wants w on w.did = d.did
where d.did = $1
  and not exists (select 1 from devices o where o.uid = d.uid and o.did <> d.did and o.did <> m.did)
on conflict do nothing)";
// Moves messages that no other device of the user has queued to the device that logged in last. The other devices have
// them, or were full when they came. The new device can tell which it has, and its acknowledgement reaches the sender.
const std::string kMoveToAnother = R"(
insert into queue (did, mid, reached)
select h.did, b.mid, q.reached
from devices d
join queue q on q.did = d.did
cross join lateral (select * from bodies where mid = q.mid limit 1) b
cross join lateral (
  select o.did from devices o
  where o.uid = d.uid and o.did <> d.did and o.device <> '\x00000000000000000000000000000000'
  order by o.last_login desc, o.did limit 1
) h
where d.did = $1 and d.uid <> b.from_uid and (b.to_gid is not null or d.uid = b.to_uid)
  and not exists (select from devices o
    cross join lateral (select from queue where did = o.did and mid = b.mid limit 1) w
    where o.uid = d.uid and o.did <> d.did)
on conflict do nothing)";
// Tells the device on which the user wrote to himself that no device waits any more: the message has arrived. Otherwise
// the device's session would show "queued" for as long as it lasts.
const std::string kTellSender = R"(
insert into receipts (did, ref, member)
select b.from_did, b.ref, 0
from devices d
join queue q on q.did = d.did
cross join lateral (select * from bodies where mid = q.mid limit 1) b
cross join lateral (select from devices where did = b.from_did limit 1) s
where d.did = $1 and b.to_gid is null and d.uid = b.to_uid and d.uid = b.from_uid
  and not exists (select from devices o
    cross join lateral (select from queue where did = o.did and mid = b.mid limit 1) w
    where o.uid = d.uid and o.did <> d.did))";
const std::string kDropQueue = "delete from queue where did = $1";
const std::string kDropLoad = "delete from queue_load where did = $1";
const std::string kDropWants = "delete from file_wants where did = $1";
const std::string kDropReceipts = "delete from receipts where did = $1";
const std::string kDropDevice = "delete from devices where did = $1";

}  // namespace

PgResult<Code> end_device(Session& session, int64_t uid, ByteView device, int64_t* did) {
  if (auto locked = session.write(kLockUser, Params().bigint(uid)); !locked) return locked.failure();
  auto row = session.write(kLockDevice, Params().bigint(uid).bytea(device));
  if (!row) return row.failure();
  if (row->size() == 0) {
    auto ended = session.read(kEndedBefore, Params().bigint(uid).bytea(device));
    if (!ended) return ended.failure();
    if (ended->size() == 0) return Code::kUnknownDevice;
    *did = ended->bigint(0, 0);
    return Code::kOk;
  }
  *did = row->bigint(0, 0);
  for (const std::string* step : {&kMark, &kForgetOldMarks}) {
    if (auto done = session.write(*step, Params().bigint(*did)); !done) return done.failure();
  }
  if (auto dropped = drop_device(session, *did); !dropped) return dropped.failure();
  return Code::kOk;
}

PgResult<> drop_device(Session& session, int64_t did) {
  for (const std::string* step : {&kMoveToMailbox, &kMoveWants, &kTellSender, &kMoveToAnother, &kDropQueue, &kDropLoad,
                                  &kDropWants, &kDropReceipts, &kDropDevice}) {
    if (auto done = session.write(*step, Params().bigint(did)); !done) return done.failure();
  }
  return Unit{};
}

}  // namespace fastchat::pg
