#include "client/groups/group_book.h"

#include <algorithm>
#include <utility>

#include "common/names.h"

namespace fastchat::client {
namespace {

// Returns the name that people write behind '#'. A state may hold any clean line: an invalid name becomes a valid one.
std::string handle_of(const std::string& name) {
  if (valid_group_handle(name)) return name;
  std::string out;
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (out.size() < 28) out.push_back(plain ? c : '-');
  }
  out.erase(0, out.find_first_not_of('-'));
  return valid_group_handle(out) ? out : "group";
}

GroupInfo info_of(const Bytes& id, const GroupBook::Group& g, const std::string& me) {
  GroupInfo out;
  out.name = g.name;
  out.id = id;
  out.deleted = g.membership == Membership::kDeleted;
  out.member = g.membership == Membership::kMember;
  if (g.epochs.empty()) return out;
  const GroupBook::Epoch& newest = g.epochs.rbegin()->second;
  out.epoch = newest.state.epoch;
  out.admin = newest.state.admin_user();
  for (const auto& m : newest.state.members) out.members.push_back(m.user);
  out.admin_is_me = out.member && out.admin == me;
  out.readable = newest.has_key;
  return out;
}

}  // namespace

bool GroupBook::Me::has(ByteView fpr) const {
  return std::find(fprs.begin(), fprs.end(), fpr) != fprs.end();
}

bool GroupBook::Me::is_listed(const e2e::GroupState& state) const {
  const Bytes* listed = state.fpr_of(user);
  return listed != nullptr && has(*listed);
}

void GroupBook::restore(const Bytes& id, std::string name, Membership membership, const Settling& settling) {
  Group& g = groups_[id];
  g.name = std::move(name);
  g.membership = membership;
  g.settling = settling;
}

void GroupBook::restore_epoch(e2e::GroupState state, bool has_key) {
  Group& g = groups_[state.group_id];
  const uint64_t epoch = state.epoch;
  g.epochs.insert_or_assign(epoch, Epoch{std::move(state), has_key, std::nullopt});
}

const GroupBook::Group* GroupBook::find(ByteView id) const {
  auto it = groups_.find(id);
  return it == groups_.end() ? nullptr : &it->second;
}

const e2e::GroupState* GroupBook::current(ByteView id) const {
  const Group* g = find(id);
  return g == nullptr || g->epochs.empty() ? nullptr : &g->epochs.rbegin()->second.state;
}

e2e::EpochView GroupBook::epoch(ByteView id, uint64_t number) const {
  auto group = groups_.find(id);
  if (group == groups_.end()) return {};
  auto it = group->second.epochs.find(number);
  if (it == group->second.epochs.end()) return {};
  Epoch& e = it->second;
  if (e.has_key && !e.key) e.key = load_key_(group->first, number);
  return {&e.state, e.key ? &*e.key : nullptr};
}

std::vector<GroupInfo> GroupBook::all() const {
  std::vector<GroupInfo> out;
  for (const auto& [id, g] : groups_) {
    if (!g.name.empty()) out.push_back(info_of(id, g, me_.user));
  }
  std::sort(out.begin(), out.end(), [](const GroupInfo& a, const GroupInfo& b) { return a.name < b.name; });
  return out;
}

std::optional<GroupInfo> GroupBook::info(ByteView id) const {
  const Group* g = find(id);
  if (g == nullptr || g->name.empty()) return std::nullopt;
  return info_of(Bytes(id), *g, me_.user);
}

Bytes GroupBook::find_name(std::string_view name) const {
  if (name.empty()) return {};
  for (const auto& [id, g] : groups_) {
    if (g.name == name) return id;
  }
  return {};
}

std::string GroupBook::name_of(ByteView id) const {
  const Group* g = find(id);
  return g == nullptr || g->name.empty() ? "unknown-" + to_hex(id.substr(0, 4)) : g->name;
}

Membership GroupBook::membership(ByteView id) const {
  const Group* g = find(id);
  return g == nullptr ? Membership::kLeft : g->membership;
}

uint64_t GroupBook::settled(ByteView id) const {
  const Group* g = find(id);
  return g == nullptr ? 0 : g->settling.settled;
}

bool GroupBook::has_key(ByteView id, uint64_t number) const {
  const Group* g = find(id);
  if (g == nullptr) return false;
  auto it = g->epochs.find(number);
  return it != g->epochs.end() && it->second.has_key;
}

const e2e::GroupState* GroupBook::state(ByteView id, uint64_t number) const {
  const Group* g = find(id);
  if (g == nullptr) return nullptr;
  auto it = g->epochs.find(number);
  return it == g->epochs.end() ? nullptr : &it->second.state;
}

bool GroupBook::there_from_the_start(ByteView id) const {
  const e2e::GroupState* first = state(id, 1);
  return first != nullptr && me_.is_listed(*first);
}

// Gives a group its name on this device, where one name means one group. A group without this user as a member gives
// its name up. Between two groups with this user, the newcomer gets a number.
void GroupBook::take_name(const Bytes& id, Group& g, const std::string& wanted) {
  const std::string base = handle_of(wanted);
  const auto free = [&](const std::string& name) {
    const Bytes holder = find_name(name);
    return holder.empty() || holder == id;
  };
  const auto numbered = [&] {
    for (int n = 2;; ++n) {
      const std::string name = base + "-" + std::to_string(n);
      if (find_name(name).empty()) return name;
    }
  };
  std::string name = base;
  if (!free(base)) {
    const Bytes holder = find_name(base);
    if (groups_[holder].membership != Membership::kMember) {
      groups_[holder].name = numbered();
      touched_.push_back(holder);
    } else {
      // The group keeps the number that it has.
      name = g.name.rfind(base + "-", 0) == 0 ? g.name : numbered();
    }
  }
  g.name = name;
  touched_.push_back(id);
}

void GroupBook::adopt(e2e::GroupState state, std::optional<e2e::KeyPair> key, bool stored) {
  const Bytes id = state.group_id;
  const uint64_t number = state.epoch;
  const bool has_key = stored || key.has_value();
  Group& g = groups_[id];
  g.membership = me_.is_listed(state) ? Membership::kMember : Membership::kRemoved;
  auto it = g.epochs.find(number);
  if (it != g.epochs.end() && it->second.state.hash == state.hash) {
    // The state was followed before the answer came.
    it->second.has_key |= has_key;
    if (key) it->second.key = std::move(key);
    return;
  }
  const std::string name = state.name;
  g.epochs.insert_or_assign(number, Epoch{std::move(state), has_key, std::move(key)});
  while (g.epochs.begin()->first + e2e::kEpochsKept < g.newest()) g.epochs.erase(g.epochs.begin());
  if (number == g.newest()) take_name(id, g, name);
}

void GroupBook::add_key(const Bytes& id, uint64_t number, e2e::KeyPair key) {
  Epoch& e = groups_.at(id).epochs.at(number);
  e.has_key = true;
  e.key = std::move(key);
}

void GroupBook::set_membership(const Bytes& id, Membership membership) {
  groups_[id].membership = membership;
  touched_.push_back(id);
}

void GroupBook::settle(int64_t wall_ms) {
  for (auto& [id, g] : groups_) {
    if (!g.epochs.empty() && g.settling.drained(g.newest(), wall_ms)) touched_.push_back(id);
  }
}

bool ever_listed(const GroupBook& book, ByteView id, std::string_view user) {
  const GroupBook::Group* g = book.find(id);
  if (g == nullptr) return false;
  return std::any_of(g->epochs.begin(), g->epochs.end(), [&](const auto& e) {
    const auto& members = e.second.state.members;
    return std::any_of(members.begin(), members.end(), [&](const auto& m) { return m.user == user; });
  });
}

}  // namespace fastchat::client
