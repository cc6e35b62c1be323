#include "worker/core/group_directory.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace fastchat::worker {
namespace {

bool covers(const GroupMember& m, uint64_t epoch) {
  return m.since <= epoch && (m.left == 0 || epoch < m.left);
}

// Calls f(first, last) on the rows of each user.
template <class F>
void each_user(const std::vector<GroupMember>& rows, F&& f) {
  for (auto first = rows.begin(); first != rows.end();) {
    const auto last = std::find_if(first, rows.end(), [&](const GroupMember& m) { return m.uid != first->uid; });
    f(first, last);
    first = last;
  }
}

}  // namespace

Code may_send(const GroupEntry& entry, uint64_t uid, uint64_t epoch) {
  if (entry.state != GroupEntry::State::kKnown) return Code::kUnknownGroup;
  const GroupRow& row = entry.row;
  if (epoch > row.epoch) return Code::kBusy;
  const auto first = std::lower_bound(row.members.begin(), row.members.end(), uid,
                                      [](const GroupMember& m, uint64_t u) { return m.uid < u; });
  bool ever = false, now = false, then = false;
  for (auto m = first; m != row.members.end() && m->uid == uid; ++m) {
    ever = true;
    now |= m->left == 0;
    then |= covers(*m, epoch);
  }
  if (!ever) return Code::kUnknownGroup;
  if (!now) return Code::kNotAllowed;
  if (row.epoch - epoch > kEpochsBack) return Code::kStaleEpoch;
  return then ? Code::kOk : Code::kNotAllowed;
}

std::vector<const GroupMember*> recipients(const GroupRow& row, uint64_t epoch) {
  std::vector<const GroupMember*> out;
  out.reserve(row.members.size());
  each_user(row.members, [&](auto first, auto last) {
    const bool then = std::any_of(first, last, [epoch](const GroupMember& m) { return covers(m, epoch); });
    const bool now = std::any_of(first, last, [](const GroupMember& m) { return m.left == 0; });
    if (then && now) out.push_back(&*first);
  });
  return out;
}

const GroupEntry* GroupDirectory::usable(ByteView group_id, int64_t arrived, int64_t now) const {
  const auto it = entries_.find(group_id);
  if (it == entries_.end() || it->second.state == GroupEntry::State::kAbsent) return nullptr;
  const GroupEntry& e = it->second;
  // The absence of a group is never cached: the group may be made at any moment.
  const bool cached = e.state == GroupEntry::State::kKnown && e.as_of != INT64_MIN && now - e.as_of < kLife;
  return cached || e.as_of >= arrived ? &e : nullptr;
}

bool GroupDirectory::wait(const Bytes& group_id, uint64_t pid, int64_t now) {
  if (entries_.size() >= kMax || rows_ >= kMaxRows) make_room();
  GroupEntry& e = entries_[group_id];
  e.waiting.push_back(pid);
  if (e.asked_at != 0) return false;
  e.asked_at = now;
  return true;
}

GroupLookup::Wanted GroupDirectory::wanted(const Bytes& group_id) const {
  const auto it = entries_.find(group_id);
  const bool known = it != entries_.end() && it->second.state == GroupEntry::State::kKnown;
  return {group_id, known ? it->second.row.changes : 0};
}

void GroupDirectory::take(GroupsLookedUp&& reply, int64_t now, std::vector<uint64_t>* ready,
                          std::vector<uint64_t>* failed, std::vector<Bytes>* again) {
  forget_absent();
  std::unordered_map<std::string_view, GroupRow*> found;
  for (auto& row : reply.groups) found[row.group_id] = &row;
  for (const auto& group_id : reply.group_ids) {
    const auto it = entries_.find(group_id);
    if (it == entries_.end()) continue;
    GroupEntry& e = it->second;
    e.asked_at = 0;
    if (std::exchange(e.stale_when_it_comes, false) && reply.code == Code::kOk) {
      e.asked_at = now;
      again->push_back(group_id);
      continue;
    }
    if (reply.code == Code::kOk) {
      const auto row = found.find(group_id);
      const bool same = e.state == GroupEntry::State::kKnown && row != found.end() &&
                        row->second->changes == e.row.changes && row->second->members.empty();
      if (row != found.end() && !same) {
        rows_ += row->second->members.size() - e.row.members.size();
        e.row = std::move(*row->second);
      }
      e.state = row == found.end() ? GroupEntry::State::kNoSuchGroup : GroupEntry::State::kKnown;
      e.as_of = reply.asked_at;
    }
    auto* to = reply.code == Code::kOk ? ready : failed;
    to->insert(to->end(), e.waiting.begin(), e.waiting.end());
    e.waiting.clear();
    if (e.state != GroupEntry::State::kKnown) {
      rows_ -= e.row.members.size();
      e.row = GroupRow{};
      if (reply.code == Code::kOk) {
        absent_.push_back(group_id);
      } else {
        entries_.erase(it);
      }
    }
  }
}

// Drops the entries of absent groups: their requests were refused in the turn of the reply, and existing groups need
// the places.
void GroupDirectory::forget_absent() {
  for (const auto& group_id : absent_) {
    const auto it = entries_.find(group_id);
    const bool idle = it != entries_.end() && it->second.state == GroupEntry::State::kNoSuchGroup &&
                      it->second.asked_at == 0 && it->second.waiting.empty();
    if (idle) entries_.erase(it);
  }
  absent_.clear();
}

void GroupDirectory::forget(ByteView group_id) {
  const auto it = entries_.find(group_id);
  if (it == entries_.end()) return;
  it->second.as_of = INT64_MIN;
  // A look-up under way may have been answered before the change: it is asked again.
  it->second.stale_when_it_comes = it->second.asked_at != 0;
}

void GroupDirectory::forget_all() {
  for (auto& [unused, e] : entries_) {
    e.state = GroupEntry::State::kAbsent;
    e.row = GroupRow{};
    e.stale_when_it_comes = e.asked_at != 0;
  }
  rows_ = 0;
}

void GroupDirectory::make_room() {
  std::erase_if(entries_, [this](const auto& e) {
    const bool idle = e.second.asked_at == 0 && e.second.waiting.empty();
    if (idle) rows_ -= e.second.row.members.size();
    return idle;
  });
}

}  // namespace fastchat::worker
