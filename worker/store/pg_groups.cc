#include "worker/store/pg_groups.h"

#include <algorithm>
#include <string>
#include <unordered_map>

#include "common/clock.h"
#include "worker/store/group_statements.h"
#include "worker/store/pg_store.h"
#include "worker/store/transaction.h"

namespace fastchat::worker {
namespace groups {
namespace {

constexpr int64_t kStateBytes = 512 << 10;  // in one answer: half a frame

int64_t i64(uint64_t v) {
  return static_cast<int64_t>(v);
}

uint64_t number(const pg::Rows& rows, int row, int column) {
  return static_cast<uint64_t>(rows.bigint(row, column));
}

struct Locked {
  int64_t gid = 0;   // 0: there is no such group
  std::string name;  // empty: it was deleted
  uint64_t admin = 0, epoch = 0;
};

pg::PgResult<Locked> lock(pg::Session& session, const Bytes& group_id) {
  auto rows = session.write(sql::kLockGroup, pg::Params().bytea(group_id));
  if (!rows) return rows.failure();
  if (rows->size() == 0) return Locked{};
  return Locked{rows->bigint(0, 0), std::string(rows->bytes(0, 1)), number(*rows, 0, 2), number(*rows, 0, 3)};
}

// Reads the users to tell of the change that makes, or precedes, `epoch`.
pg::PgResult<Code> done(pg::Session& session, int64_t gid, uint64_t epoch, GroupChange* out) {
  auto rows = session.read(sql::kToTell, pg::Params().bigint(gid).bigint(i64(epoch)));
  if (!rows) return rows.failure();
  out->uids.clear();
  for (int i = 0; i < rows->size(); ++i) out->uids.push_back(number(*rows, i, 0));
  return Code::kOk;
}

pg::PgResult<Code> was_member(pg::Session& session, int64_t gid, uint64_t uid, Code if_so) {
  auto rows = session.read(sql::kWasMember, pg::Params().bigint(gid).bigint(i64(uid)));
  if (!rows) return rows.failure();
  return rows->size() == 1 ? if_so : Code::kUnknownGroup;
}

struct People {
  int64_t admin = 0;
  std::vector<int64_t> members;
};

// Looks the uids of the names up. Returns kUnknownUser, with the first name that nobody has in change->who.
pg::PgResult<Code> find(pg::Session& session, const PutGroup& request, People* out, GroupChange* change) {
  const std::vector<ByteView> names(request.members.begin(), request.members.end());
  auto rows = session.write(sql::kUids, pg::Params().texts(names));
  if (!rows) return rows.failure();
  std::unordered_map<std::string_view, int64_t> uids;
  for (int i = 0; i < rows->size(); ++i) uids[rows->bytes(i, 0)] = rows->bigint(i, 1);
  for (const auto& name : request.members) {
    const auto it = uids.find(name);
    if (it == uids.end()) {
      change->who = name;
      return Code::kUnknownUser;
    }
    out->members.push_back(it->second);
    if (name == request.admin) out->admin = it->second;
  }
  return Code::kOk;
}

// Returns kOk when this user may store this epoch, else the code of the refusal.
Code refusal(const PutGroup& request, const Locked& group, const People& people) {
  if (group.gid == 0) {
    if (request.epoch != 1) return Code::kUnknownGroup;
    return people.admin == i64(request.uid) ? Code::kOk : Code::kNotAllowed;
  }
  if (group.name.empty()) return Code::kUnknownGroup;
  if (request.epoch != group.epoch + 1) return Code::kConflict;
  return group.admin == request.uid ? Code::kOk : Code::kNotAllowed;
}

// Checks the number of groups that the user made. Two workers at a time may let one more in.
pg::PgResult<Code> may_make(pg::Session& session, const PutGroup& request) {
  auto made = session.read(sql::kGroupsMade, pg::Params().bigint(i64(request.uid)));
  if (!made) return made.failure();
  return number(*made, 0, 0) < request.max_made ? Code::kOk : Code::kTooManyGroups;
}

// Takes the epoch from the budget, as the last check before the epoch is written: a refused epoch leaves the budget as
// it was (the caller rolls back). When one user makes two changes at a time, the second waits for the commit of the
// first; other users do not wait.
pg::PgResult<Code> take_budget(pg::Session& session, const PutGroup& request, uint64_t* all_bytes, GroupChange* out) {
  const GroupBudget& budget = request.budget;
  if (budget.all_bytes != 0 && *all_bytes + request.state.size() > budget.all_bytes) {
    out->all_full = true;
    return Code::kStorageFull;
  }
  auto taken = session.write(sql::kTakeBudget, pg::Params().bigint(i64(request.uid)).bigint(i64(request.state.size())));
  if (!taken) return taken.failure();
  if (number(*taken, 0, 0) > budget.user_bytes) return Code::kStorageFull;
  if (number(*taken, 0, 1) > budget.epochs_a_day) {
    out->retry_ms = taken->bigint(0, 2);
    return Code::kThrottled;
  }
  *all_bytes += request.state.size();
  return Code::kOk;
}

// Writes the epoch. *gid: 0 for a new group, which then gets one.
pg::PgResult<Code> write_epoch(pg::Session& session, const PutGroup& request, const People& people, int64_t* gid) {
  const int64_t epoch = i64(request.epoch);
  if (*gid == 0) {
    auto made =
        session.write(sql::kNewGroup, pg::Params().bytea(request.group_id).text(request.name).bigint(people.admin));
    if (!made) return made.failure();
    *gid = made->bigint(0, 0);
  } else {
    auto moved =
        session.write(sql::kNextEpoch, pg::Params().bigint(*gid).text(request.name).bigint(people.admin).bigint(epoch));
    if (!moved) return moved.failure();
  }
  auto stored = session.write(
      sql::kAddState,
      pg::Params().bigint(*gid).bigint(epoch).text(request.name).bigint(people.admin).bytea(request.state));
  if (!stored) return stored.failure();
  for (const char* step : {sql::kCloseMembers, sql::kAddMembers}) {
    auto changed = session.write(step, pg::Params().bigint(*gid).bigint(epoch).bigints(people.members));
    if (!changed) return changed.failure();
  }
  return Code::kOk;
}

}  // namespace

pg::PgResult<uint64_t> total_bytes(pg::Session& session) {
  auto rows = session.read(sql::kBudgetTotal, pg::Params());
  if (!rows) return rows.failure();
  return number(*rows, 0, 0);
}

pg::PgResult<Code> put(pg::Session& session, const PutGroup& request, uint64_t* all_bytes, GroupChange* out) {
  return in_transaction(session, [&]() -> pg::PgResult<Code> {
    const auto group = lock(session, request.group_id);
    if (!group) return group.failure();
    out->epoch = group->epoch;
    if (group->gid != 0) {
      // The state is there already, after a lost answer or a commit in doubt.
      auto same = session.read(sql::kSameState,
                               pg::Params().bigint(group->gid).bigint(i64(request.epoch)).bytea(request.state));
      if (!same) return same.failure();
      if (same->size() == 1) return done(session, group->gid, request.epoch, out);
    }
    People people;
    if (auto found = find(session, request, &people, out); !found || *found != Code::kOk) return found;
    if (const Code no = refusal(request, *group, people); no != Code::kOk) return no;
    auto in_use = session.read(sql::kNameInUse, pg::Params().text(request.name).bytea(request.group_id));
    if (!in_use) return in_use.failure();
    if (in_use->size() != 0) return Code::kNameTaken;
    int64_t gid = group->gid;
    if (gid == 0) {
      if (auto may = may_make(session, request); !may || *may != Code::kOk) return may;
    }
    if (auto may = take_budget(session, request, all_bytes, out); !may || *may != Code::kOk) return may;
    if (auto written = write_epoch(session, request, people, &gid); !written) return written;
    out->epoch = request.epoch;
    return done(session, gid, request.epoch, out);
  });
}

pg::PgResult<Code> leave(pg::Session& session, const LeaveGroup& request, GroupChange* out) {
  return in_transaction(session, [&]() -> pg::PgResult<Code> {
    const auto group = lock(session, request.group_id);
    if (!group) return group.failure();
    if (group->gid == 0) return Code::kUnknownGroup;
    out->epoch = group->epoch;
    if (group->admin == request.uid && !group->name.empty()) return Code::kNotAllowed;
    const uint64_t out_of = group->epoch + 1;
    auto left =
        session.write(sql::kLeave, pg::Params().bigint(group->gid).bigint(i64(request.uid)).bigint(i64(out_of)));
    if (!left) return left.failure();
    if (left->affected() == 0) {
      // The user has left already: the request came again, or the admin removed the user meanwhile.
      if (auto was = was_member(session, group->gid, request.uid, Code::kOk); !was || *was != Code::kOk) return was;
    } else if (auto counted = session.write(sql::kChanged, pg::Params().bigint(group->gid)); !counted) {
      return counted.failure();
    }
    return done(session, group->gid, out_of, out);
  });
}

pg::PgResult<Code> end(pg::Session& session, const DeleteGroup& request, GroupChange* out) {
  return in_transaction(session, [&]() -> pg::PgResult<Code> {
    const auto group = lock(session, request.group_id);
    if (!group) return group.failure();
    if (group->gid == 0) return Code::kUnknownGroup;
    out->epoch = group->epoch;
    if (group->admin != request.uid) return was_member(session, group->gid, request.uid, Code::kNotAllowed);
    const uint64_t out_of = group->epoch + 1;
    if (!group->name.empty()) {
      auto left = session.write(sql::kLeaveAll, pg::Params().bigint(group->gid).bigint(i64(out_of)));
      if (!left) return left.failure();
      if (auto ended = session.write(sql::kEndGroup, pg::Params().bigint(group->gid)); !ended) return ended.failure();
    }
    return done(session, group->gid, out_of, out);
  });
}

pg::PgResult<std::vector<GroupRow>> look_up(pg::Session& session, const GroupLookup& request) {
  std::vector<ByteView> ids;
  std::vector<int64_t> known;
  for (const auto& g : request.groups) {
    ids.push_back(g.group_id);
    known.push_back(i64(g.changes));
  }
  auto rows = session.read(sql::kGroupLookup, pg::Params().byteas(ids).bigints(known).bigint(i64(kEpochsBack)));
  if (!rows) return rows.failure();
  std::vector<GroupRow> out;
  for (int i = 0; i < rows->size(); ++i) {
    const uint64_t gid = number(*rows, i, 1);
    if (out.empty() || out.back().gid != gid) {
      out.push_back({Bytes(rows->bytes(i, 0)), gid, number(*rows, i, 2), number(*rows, i, 3), {}});
    }
    const uint64_t uid = number(*rows, i, 4);
    if (uid == 0) continue;
    out.back().members.push_back(
        {uid, std::string(rows->bytes(i, 5)), number(*rows, i, 6), number(*rows, i, 7), rows->boolean(i, 8)});
  }
  return out;
}

pg::PgResult<Code> read(pg::Session& session, const GetGroup& request, GroupStates* out) {
  auto view = session.read(sql::kGroupView, pg::Params().bytea(request.group_id).bigint(i64(request.uid)));
  if (!view) return view.failure();
  if (view->size() == 0) return Code::kUnknownGroup;
  const int64_t gid = view->bigint(0, 0);
  out->deleted = view->boolean(0, 1);
  out->member = view->boolean(0, 2);
  out->epoch = number(*view, 0, 3);
  auto names = session.read(sql::kStateNames, pg::Params().bigint(gid).bigint(i64(out->epoch)));
  if (!names) return names.failure();
  out->name = out->deleted ? "" : std::string(names->bytes(0, 0));
  out->admin = std::string(names->bytes(0, 1));
  auto states = session.read(
      sql::kStates,
      pg::Params().bigint(gid).bigint(i64(request.from_epoch)).bigint(i64(out->epoch)).bigint(kStateBytes));
  if (!states) return states.failure();
  out->states.clear();
  for (int i = 0; i < states->size(); ++i) out->states.emplace_back(states->bytes(i, 0));
  return Code::kOk;
}

pg::PgResult<std::vector<GroupList::Item>> list(pg::Session& session, uint64_t uid) {
  auto rows = session.read(sql::kListGroups, pg::Params().bigint(i64(uid)));
  if (!rows) return rows.failure();
  std::vector<GroupList::Item> out;
  for (int i = 0; i < rows->size(); ++i) {
    out.push_back({Bytes(rows->bytes(i, 0)), std::string(rows->bytes(i, 1)), number(*rows, i, 2)});
  }
  return out;
}

}  // namespace groups

// ---- PgStore

namespace {
constexpr int64_t kTotalLifeUs = 10'000'000;  // maximum age of the sum of all users' bytes
}  // namespace

// Adds up the bytes of all users once in ten seconds, and adds the bytes that this worker stores meanwhile. A row of
// the sum would make every user wait for every other one. So several workers may together go beyond the limit by the
// bytes that the others store in ten seconds.
pg::PgResult<Code> PgStore::put_group(const PutGroup& request, GroupChange* out) {
  if (const int64_t now = Clock::monotonic_us(); request.budget.all_bytes != 0 && now >= group_bytes_until_) {
    auto total = groups::total_bytes(session_);
    if (!total) return total.failure();
    group_bytes_ = *total;
    group_bytes_until_ = now + kTotalLifeUs;
  }
  return groups::put(session_, request, &group_bytes_, out);
}

GroupChange PgStore::serve(const PutGroup& request) {
  GroupChange out{.session = request.session, .request = request.request, .group_id = request.group_id};
  const auto done = with_connection([&] { return put_group(request, &out); });
  out.code = done.ok() ? *done : Code::kBusy;
  return out;
}

GroupChange PgStore::serve(const LeaveGroup& request) {
  GroupChange out{.session = request.session, .request = request.request, .group_id = request.group_id};
  out.action = GroupAction::kLeave;
  const auto done = with_connection([&] { return groups::leave(session_, request, &out); });
  out.code = done.ok() ? *done : Code::kBusy;
  return out;
}

GroupChange PgStore::serve(const DeleteGroup& request) {
  GroupChange out{.session = request.session, .request = request.request, .group_id = request.group_id};
  out.action = GroupAction::kDelete;
  const auto done = with_connection([&] { return groups::end(session_, request, &out); });
  out.code = done.ok() ? *done : Code::kBusy;
  return out;
}

GroupsLookedUp PgStore::serve(const GroupLookup& request) {
  GroupsLookedUp out{request.asked_at, Code::kOk, {}, {}};
  for (const auto& g : request.groups) out.group_ids.push_back(g.group_id);
  auto found = with_connection([&] { return groups::look_up(session_, request); });
  if (found.ok()) {
    out.groups = std::move(*found);
  } else {
    out.code = Code::kBusy;
  }
  return out;
}

GroupStates PgStore::serve(const GetGroup& request) {
  GroupStates out{.session = request.session, .request = request.request};
  const auto done = with_connection([&] { return groups::read(session_, request, &out); });
  out.code = done.ok() ? *done : Code::kBusy;
  return out;
}

GroupList PgStore::serve(const ListGroups& request) {
  GroupList out{request.session, request.request, Code::kOk, {}};
  auto found = with_connection([&] { return groups::list(session_, request.uid); });
  if (found.ok()) {
    out.groups = std::move(*found);
  } else {
    out.code = Code::kBusy;
  }
  return out;
}

}  // namespace fastchat::worker
