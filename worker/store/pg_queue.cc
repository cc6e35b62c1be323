// PgStore's part that puts messages into the queue and takes them out of it.
#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "common/check.h"
#include "common/clock.h"
#include "worker/store/contact_statements.h"
#include "worker/store/pg_store.h"
#include "worker/store/statements.h"
#include "worker/store/transaction.h"

namespace fastchat::worker {
namespace {

// The message identity that `bodies` is unique on.
using Identity = std::tuple<uint64_t, std::string_view, uint64_t>;
Identity identity(const QueueInsert& r) {
  return {r.from_uid, r.stream, r.seq};
}

bool same_message(const QueueInsert& a, const QueueInsert& b) {
  return a.envelope == b.envelope && a.to_uid == b.to_uid && a.to_gid == b.to_gid;
}

Code code_of(int32_t refused) {
  switch (refused) {
    case sql::kOtherBody:
      return Code::kConflict;
    case sql::kNoOwner:
      return Code::kUnknownUser;
    default:
      return Code::kBusy;
  }
}

void answer(const QueueInsert& row, Code code, InsertDone* done) {
  for (const uint64_t did : row.dids) done->outcomes.push_back({row.pid, did, code});
}

// Returns whether the quota has space for the message on a device of its recipient. Accounts for all devices that have
// space, or for nothing.
bool take_space(const QueueInsert& row, Quota* quota) {
  Quota with = *quota;
  bool any = false;
  for (size_t i = 0; i < row.dids.size(); ++i) {
    const bool space = with.take(row.dids[i], row.from_uid, row.envelope.size()) == Code::kOk;
    any |= space && row.owners[i] == row.to_uid;
  }
  if (any) *quota = std::move(with);
  return any;
}

// Returns kOk when the message is taken: within the bounds, known already, or of a sender who was accepted meanwhile.
// A stranger does not learn how full the queue is, so a message without space there is one over the bounds.
pg::PgResult<Code> take_stranger(pg::Session& session, const QueueInsert& row, Quota* quota, bool* known) {
  const auto params = [&] {
    return std::move(pg::Params()
                         .bigint(static_cast<int64_t>(row.to_uid))
                         .bigint(static_cast<int64_t>(row.from_uid))
                         .bytea(row.stream)
                         .bigint(static_cast<int64_t>(row.seq))
                         .bytea(row.envelope));
  };
  auto rows = session.read(sql::kRequestLoad, params());
  if (!rows) return rows.failure();
  if (rows->size() == 0) return Code::kUnknownUser;
  const auto number = [&](int column) { return static_cast<uint64_t>(rows->bigint(0, column)); };
  const Code code = admission(static_cast<v1::Strangers>(number(0)), static_cast<v1::Standing>(number(1)));
  if (code != Code::kNotAcceptedYet) return code == Code::kOk && !take_space(row, quota) ? Code::kNotAcceptedYet : code;
  if (rows->boolean(0, 6)) return Code::kConflict;
  *known = rows->boolean(0, 2);
  if (*known) return Code::kOk;
  if (const Code full = room_for_stranger({number(3), number(4), number(5)}); full != Code::kOk) return full;
  if (!take_space(row, quota)) return Code::kNotAcceptedYet;
  auto added = session.write(sql::kAddRequest, params());
  if (!added) return added.failure();
  return added->affected() == 1 ? Code::kOk : Code::kBusy;
}

}  // namespace

InsertDone PgStore::serve(InsertBatch request) {
  InsertDone done;
  Quota quota(limits_);
  const bool answers = with_connection([&] { return measure(request, &quota); }).ok();
  std::vector<const QueueInsert*> known, strangers;
  for (const auto& r : request.rows) {
    FC_CHECK(r.owners.size() == r.dids.size());
    if (!answers || (r.stranger && strangers.size() >= kStrangersAtOnce)) {
      answer(r, Code::kBusy, &done);
    } else {
      (r.stranger ? strangers : known).push_back(&r);
    }
  }
  if (!known.empty()) insert_known(known, &quota, &done);
  if (!strangers.empty()) insert_strangers(strangers, quota, &done);
  return done;
}

std::vector<PgStore::Place> PgStore::choose(const std::vector<const QueueInsert*>& rows, Quota* quota,
                                            std::vector<const QueueInsert*>* bodies, InsertDone* done) {
  // Sorts the bodies by identity, one body each: two workers that store the same messages lock them in the same order.
  std::map<Identity, size_t> place;
  for (const auto* r : rows) {
    if (place.emplace(identity(*r), 0).second) bodies->push_back(r);
  }
  std::sort(bodies->begin(), bodies->end(), [](const auto* a, const auto* b) { return identity(*a) < identity(*b); });
  for (size_t i = 0; i < bodies->size(); ++i) place[identity(*(*bodies)[i])] = i;

  std::vector<Place> targets;
  for (const auto* r : rows) {
    const size_t body = place[identity(*r)];
    for (size_t i = 0; i < r->dids.size(); ++i) {
      const bool same = same_message(*r, *(*bodies)[body]);
      const Code code = same ? quota->take(r->dids[i], r->from_uid, r->envelope.size()) : Code::kConflict;
      const bool reached = std::find(r->reached.begin(), r->reached.end(), r->owners[i]) != r->reached.end();
      if (code == Code::kOk) targets.push_back({body, r->dids[i], r->owners[i], reached, done->outcomes.size()});
      done->outcomes.push_back({r->pid, r->dids[i], code});
    }
  }
  return targets;
}

void PgStore::insert_known(const std::vector<const QueueInsert*>& rows, Quota* quota, InsertDone* done) {
  std::vector<const QueueInsert*> bodies;
  const std::vector<Place> targets = choose(rows, quota, &bodies, done);
  if (targets.empty()) return;
  const InsertDone before = *done;
  const auto inserted = with_connection([&] {
    *done = before;
    return insert(bodies, targets, done);
  });
  if (inserted.ok()) return;
  *done = before;
  for (auto& o : done->outcomes) {
    if (o.code == Code::kOk) o.code = Code::kBusy;
  }
}

void PgStore::insert_strangers(const std::vector<const QueueInsert*>& rows, const Quota& quota, InsertDone* done) {
  const InsertDone before = *done;
  const auto inserted = with_connection([&] {
    *done = before;
    return in_transaction(session_, [&] { return try_strangers(rows, quota, done); });
  });
  if (inserted.ok() && *inserted == Code::kOk) return;
  *done = before;
  for (const auto* r : rows) answer(*r, Code::kBusy, done);
}

// Takes the messages that the recipients' bounds have room for, one after the other, and then inserts these together.
// Never waits for a recipient's row: everybody's messages would wait on this lane, too.
// A request and its rows are stored together: so a message that is known is not queued again, whether a device of the
// recipient waits for it or has it.
pg::PgResult<Code> PgStore::try_strangers(const std::vector<const QueueInsert*>& rows, Quota quota, InsertDone* done) {
  std::vector<int64_t> recipients;
  for (const auto* r : rows) recipients.push_back(static_cast<int64_t>(r->to_uid));
  auto locked = session_.write(sql::kLockFree, pg::Params().bigints(recipients));
  if (!locked) return locked.failure();
  std::set<uint64_t> held;
  for (int i = 0; i < locked->size(); ++i) {
    if (!locked->boolean(i, 1)) held.insert(static_cast<uint64_t>(locked->bigint(i, 0)));
  }
  std::vector<const QueueInsert*> taken, bodies;
  Quota space = quota;
  for (const auto* r : rows) {
    if (held.contains(r->to_uid)) {
      answer(*r, Code::kBusy, done);
      continue;
    }
    bool known = false;
    auto code = take_stranger(session_, *r, &space, &known);
    if (!code) return code;
    if (*code == Code::kOk && !known) {
      taken.push_back(r);
    } else {
      answer(*r, *code, done);
    }
  }
  const size_t first = done->outcomes.size();
  const std::vector<Place> targets = choose(taken, &quota, &bodies, done);
  for (size_t i = first; i < done->outcomes.size(); ++i) {
    Code& code = done->outcomes[i].code;
    if (code == Code::kRecipientFull || code == Code::kShareFull) code = Code::kNotAcceptedYet;
  }
  if (targets.empty()) return Code::kOk;
  if (auto inserted = insert(bodies, targets, done); !inserted) return inserted.failure();
  const bool stored = std::all_of(targets.begin(), targets.end(),
                                  [&](const Place& t) { return done->outcomes[t.outcome].code == Code::kOk; });
  return stored ? Code::kOk : Code::kBusy;
}

pg::PgResult<> PgStore::measure(const InsertBatch& request, Quota* quota) {
  std::vector<std::pair<int64_t, int64_t>> pairs;
  for (const auto& r : request.rows) {
    for (const uint64_t did : r.dids) pairs.emplace_back(did, r.from_uid);
  }
  std::sort(pairs.begin(), pairs.end());
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  std::vector<int64_t> dids, senders;
  for (const auto& [did, sender] : pairs) {
    dids.push_back(did);
    senders.push_back(sender);
  }
  auto rows = session_.read(sql::kMeasure, pg::Params().bigints(dids).bigints(senders));
  if (!rows) return rows.failure();
  const auto u64 = [&](int row, int column) {
    return static_cast<uint64_t>(std::max<int64_t>(rows->bigint(row, column), 0));
  };
  for (int i = 0; i < rows->size(); ++i) quota->measured(u64(i, 0), u64(i, 1), u64(i, 2), u64(i, 3));
  return Unit{};
}

pg::PgResult<> PgStore::insert(const std::vector<const QueueInsert*>& rows, const std::vector<Place>& targets,
                               InsertDone* out) {
  pg::BinaryArray from_uid(pg::kOidInt8), from_did(pg::kOidInt8), ref(pg::kOidInt8), to_uid(pg::kOidInt8),
      seq(pg::kOidInt8), stream(pg::kOidBytea), envelope(pg::kOidBytea), to_gid(pg::kOidInt8), body(pg::kOidInt8),
      did(pg::kOidInt8), owner(pg::kOidInt8), reached(pg::kOidInt8);
  for (const auto* r : rows) {
    from_uid.add(static_cast<int64_t>(r->from_uid));
    from_did.add(static_cast<int64_t>(r->from_did));
    ref.add(static_cast<int64_t>(r->ref));
    to_uid.add(static_cast<int64_t>(r->to_uid));
    stream.add(r->stream);
    seq.add(static_cast<int64_t>(r->seq));
    envelope.add(r->envelope);
    to_gid.add(static_cast<int64_t>(r->to_gid));
  }
  for (const Place& t : targets) {
    body.add(static_cast<int64_t>(t.body + 1));
    did.add(static_cast<int64_t>(t.did));
    owner.add(static_cast<int64_t>(t.owner));
    reached.add(t.reached ? 1 : 0);
  }
  pg::Params p;
  p.array(from_uid, pg::kOidInt8Array).array(from_did, pg::kOidInt8Array).array(ref, pg::kOidInt8Array);
  p.array(to_uid, pg::kOidInt8Array).array(stream, pg::kOidByteaArray).array(seq, pg::kOidInt8Array);
  p.array(envelope, pg::kOidByteaArray).array(to_gid, pg::kOidInt8Array);
  p.array(body, pg::kOidInt8Array)
      .array(did, pg::kOidInt8Array)
      .array(owner, pg::kOidInt8Array)
      .array(reached, pg::kOidInt8Array);
  auto done = session_.write(sql::kInsert, p);
  if (!done) return done.failure();
  for (int i = 0; i < done->size(); ++i) {
    const Place& refused = targets[static_cast<size_t>(done->bigint(i, 0)) - 1];
    out->outcomes[refused.outcome].code = code_of(done->integer(i, 1));
  }
  return Unit{};
}

RemoveDone PgStore::serve(RemoveBatch request) {
  std::vector<int64_t> did, mid, keep_did, keep_ref, keep_member, drop_did, drop_id, tell_did, tell_ref, tell_epoch,
      held_by, held_gid;
  for (const auto& r : request.rows) {
    did.push_back(static_cast<int64_t>(r.did));
    mid.push_back(static_cast<int64_t>(r.mid));
  }
  for (const auto& r : request.keep_receipts) {
    keep_did.push_back(static_cast<int64_t>(r.did));
    keep_ref.push_back(static_cast<int64_t>(r.ref));
    keep_member.push_back(static_cast<int64_t>(r.member));
    held_by.push_back(static_cast<int64_t>(r.held_by));
    held_gid.push_back(static_cast<int64_t>(r.gid));
  }
  for (const auto& r : request.drop_receipts) {
    drop_did.push_back(static_cast<int64_t>(r.did));
    drop_id.push_back(static_cast<int64_t>(r.id));
  }
  for (const auto& r : request.tell) {
    tell_did.push_back(static_cast<int64_t>(r.did));
    tell_ref.push_back(static_cast<int64_t>(r.ref));
    tell_epoch.push_back(static_cast<int64_t>(r.epoch));
  }
  // Skips rows that were read elsewhere, or before the database lost commits: their ids are another's by now.
  const bool reached = caught_up(request.store);
  if (!reached || generation() != request.store) {
    return {reached ? Code::kOk : Code::kBusy, std::move(request), generation()};
  }
  const auto done = with_connection([&]() -> pg::PgResult<> {
    if (generation() != request.store) return Unit{};  // a new connection
    pg::Params p;
    p.bigints(did)
        .bigints(mid)
        .bigints(keep_did)
        .bigints(keep_ref)
        .bigints(keep_member)
        .bigints(drop_did)
        .bigints(drop_id)
        .bigints(tell_did)
        .bigints(tell_ref)
        .bigints(tell_epoch)
        .bigints(held_by)
        .bigints(held_gid);
    auto removed = session_.write(sql::kRemove, p);
    if (!removed) return removed.failure();
    for (int i = 0; i < removed->size(); ++i) {
      request.keep_receipts.push_back(
          {static_cast<uint64_t>(removed->bigint(i, 0)), static_cast<uint64_t>(removed->bigint(i, 1))});
    }
    return Unit{};
  });
  return {done.ok() ? Code::kOk : Code::kBusy, std::move(request), generation()};
}

}  // namespace fastchat::worker
