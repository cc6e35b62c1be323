// The groups of MemoryWorkerStore, as worker/store/pg_groups.cc has them.
#include <algorithm>

#include "tests/support/memory_worker_store.h"

namespace fastchat::test {
namespace {

using namespace worker;
using Group = MemoryDb::Group;

constexpr size_t kStateBytes = 512 << 10;

void tell(const Group& group, int64_t epoch, GroupChange* out) {
  for (const auto& [uid, spans] : group.members) {
    const bool told = std::any_of(spans.begin(), spans.end(),
                                  [epoch](const Group::Member& m) { return m.left == 0 || m.left == epoch; });
    if (told) out->uids.push_back(u64(uid));
  }
}

void leave(Group& group, int64_t uid, int64_t epoch) {
  group.members.at(uid).back().left = epoch;
}

}  // namespace

Code MemoryWorkerStore::take_budget(const PutGroup& r, MemoryDb::GroupBudget* used, GroupChange* out) const {
  constexpr int64_t kDayMs = 24 * 3600 * 1000;
  uint64_t all = r.state.size();
  for (const auto& [uid, theirs] : db_.group_budget) all += u64(theirs.bytes);
  if (r.budget.all_bytes != 0 && all > r.budget.all_bytes) {
    out->all_full = true;
    return Code::kStorageFull;
  }
  if (const auto it = db_.group_budget.find(i64(r.uid)); it != db_.group_budget.end()) *used = it->second;
  if (used->since_ms == 0 || used->since_ms <= db_.now_ms - kDayMs) {
    used->since_ms = db_.now_ms;
    used->epochs = 0;
  }
  ++used->epochs;
  used->bytes += i64(r.state.size());
  if (u64(used->bytes) > r.budget.user_bytes) return Code::kStorageFull;
  if (u64(used->epochs) <= r.budget.epochs_a_day) return Code::kOk;
  out->retry_ms = used->since_ms + kDayMs - db_.now_ms;
  return Code::kThrottled;
}

Code MemoryWorkerStore::put(const PutGroup& r, Group* group, GroupChange* out) {
  std::vector<int64_t> uids;
  for (const auto& name : r.members) {
    const MemoryDb::User* user = db_.user_of(name);
    if (user == nullptr) {
      out->who = name;
      return Code::kUnknownUser;
    }
    uids.push_back(user->uid);
  }
  const int64_t admin = db_.uid_by_name.at(r.admin), epoch = i64(r.epoch);
  if (group->gid == 0) {
    if (epoch != 1) return Code::kUnknownGroup;
    if (admin != i64(r.uid)) return Code::kNotAllowed;
  } else {
    if (group->name.empty()) return Code::kUnknownGroup;
    if (epoch != group->epoch + 1) return Code::kConflict;
    if (group->admin != i64(r.uid)) return Code::kNotAllowed;
  }
  for (const auto& [id, other] : db_.groups) {
    if (id != r.group_id && other.name == r.name) return Code::kNameTaken;
  }
  if (group->gid == 0) {
    const auto made = std::count_if(db_.groups.begin(), db_.groups.end(),
                                    [&](const auto& g) { return g.second.states.at(1).admin == admin; });
    if (u64(made) >= r.max_made) return Code::kTooManyGroups;
  }
  MemoryDb::GroupBudget used;
  if (const Code no = take_budget(r, &used, out); no != Code::kOk) return no;
  db_.group_budget[i64(r.uid)] = used;
  if (group->gid == 0) {
    group->gid = ++db_.last_gid;
  } else {
    ++group->changes;
  }
  group->name = r.name;
  group->admin = admin;
  group->epoch = epoch;
  group->states[epoch] = {r.name, admin, r.state};
  for (auto& [uid, spans] : group->members) {
    if (spans.back().left == 0 && std::find(uids.begin(), uids.end(), uid) == uids.end()) leave(*group, uid, epoch);
  }
  for (const int64_t uid : uids) {
    if (!group->has(uid)) group->members[uid].push_back({epoch, 0});
  }
  return Code::kOk;
}

GroupChange MemoryWorkerStore::serve(PutGroup&& r) {
  GroupChange out{.session = r.session, .request = r.request, .group_id = r.group_id};
  const auto it = db_.groups.find(r.group_id);
  Group group = it == db_.groups.end() ? Group{} : it->second;
  out.epoch = u64(group.epoch);
  const auto same = group.states.find(i64(r.epoch));
  if (same == group.states.end() || same->second.state != r.state) {
    out.code = put(r, &group, &out);
    if (out.code != Code::kOk) return out;
    out.epoch = r.epoch;
    db_.groups[r.group_id] = group;
  }
  tell(group, i64(r.epoch), &out);
  return out;
}

GroupChange MemoryWorkerStore::serve(LeaveGroup&& r) {
  GroupChange out{.session = r.session, .request = r.request, .action = GroupAction::kLeave, .group_id = r.group_id};
  out.code = Code::kUnknownGroup;
  const auto it = db_.groups.find(r.group_id);
  if (it == db_.groups.end()) return out;
  Group& group = it->second;
  out.epoch = u64(group.epoch);
  if (group.admin == i64(r.uid) && !group.name.empty()) {
    out.code = Code::kNotAllowed;
    return out;
  }
  if (!group.members.contains(i64(r.uid))) return out;
  if (group.has(i64(r.uid))) {
    leave(group, i64(r.uid), group.epoch + 1);
    ++group.changes;
  }
  out.code = Code::kOk;
  tell(group, group.epoch + 1, &out);
  return out;
}

GroupChange MemoryWorkerStore::serve(DeleteGroup&& r) {
  GroupChange out{.session = r.session, .request = r.request, .action = GroupAction::kDelete, .group_id = r.group_id};
  out.code = Code::kUnknownGroup;
  const auto it = db_.groups.find(r.group_id);
  if (it == db_.groups.end()) return out;
  Group& group = it->second;
  out.epoch = u64(group.epoch);
  if (group.admin != i64(r.uid)) {
    if (group.members.contains(i64(r.uid))) out.code = Code::kNotAllowed;
    return out;
  }
  if (!group.name.empty()) {
    for (auto& [uid, spans] : group.members) {
      if (spans.back().left == 0) spans.back().left = group.epoch + 1;
    }
    group.name.clear();
    ++group.changes;
  }
  out.code = Code::kOk;
  tell(group, group.epoch + 1, &out);
  return out;
}

GroupsLookedUp MemoryWorkerStore::serve(GroupLookup&& r) {
  GroupsLookedUp out{r.asked_at, Code::kOk, {}, {}};
  for (const auto& wanted : r.groups) {
    out.group_ids.push_back(wanted.group_id);
    const auto it = db_.groups.find(wanted.group_id);
    if (it == db_.groups.end()) continue;
    const Group& group = it->second;
    GroupRow row{wanted.group_id, u64(group.gid), u64(group.epoch), u64(group.changes), {}};
    for (const auto& [uid, spans] : group.members) {
      for (const auto& m : spans) {
        if (row.changes == wanted.changes) continue;
        if (m.left == 0 || m.left > group.epoch - i64(kEpochsBack))
          row.members.push_back(
              {u64(uid), db_.users.at(uid).name, u64(m.since), u64(m.left), db_.is_invited(uid, wanted.group_id)});
      }
    }
    out.groups.push_back(std::move(row));
  }
  return out;
}

GroupStates MemoryWorkerStore::serve(GetGroup&& r) {
  GroupStates out{.session = r.session, .request = r.request, .code = Code::kUnknownGroup};
  const auto it = db_.groups.find(r.group_id);
  if (it == db_.groups.end() || !it->second.members.contains(i64(r.uid))) return out;
  const Group& group = it->second;
  out.code = Code::kOk;
  out.member = group.has(i64(r.uid));
  out.deleted = group.name.empty();
  out.epoch = u64(out.member ? group.epoch : std::min(group.epoch, group.members.at(i64(r.uid)).back().left));
  const auto& seen = group.states.at(i64(out.epoch));
  out.name = out.deleted ? "" : seen.name;
  out.admin = db_.users.at(seen.admin).name;
  size_t bytes = 0;
  for (auto s = group.states.lower_bound(i64(r.from_epoch)); s != group.states.end() && s->first <= i64(out.epoch);
       ++s) {
    bytes += s->second.state.size();
    if (!out.states.empty() && bytes > kStateBytes) break;
    out.states.push_back(s->second.state);
  }
  return out;
}

GroupList MemoryWorkerStore::serve(ListGroups&& r) {
  GroupList out{r.session, r.request, Code::kOk, {}};
  for (const auto& [id, group] : db_.groups) {
    if (group.has(i64(r.uid))) out.groups.push_back({id, group.name, u64(group.epoch)});
  }
  return out;
}

}  // namespace fastchat::test
