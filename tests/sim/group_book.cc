#include "tests/sim/group_book.h"

#include <algorithm>
#include <sstream>
#include <utility>

namespace fastchat::sim {
namespace {

// Returns "epoch name admin salt member member ...".
std::string encode(uint64_t epoch, const GroupBook::Known& k, uint64_t salt) {
  std::string out = std::to_string(epoch) + " " + k.name + " " + k.admin + " " + std::to_string(salt);
  for (const auto& m : k.members) out += " " + m;
  return out;
}

GroupBook::Known decode(const std::string& state) {
  GroupBook::Known k;
  std::istringstream in(state);
  uint64_t salt = 0;
  in >> k.epoch >> k.name >> k.admin >> salt;
  for (std::string member; in >> member;) k.members.push_back(member);
  return k;
}

}  // namespace

std::string group_label(int number) {
  return "#" + std::to_string(number);
}

Bytes group_id(const std::string& label) {
  Bytes id = label;
  id.resize(32, '.');
  return id;
}

v1::ClientFrame GroupBook::list() const {
  v1::ClientFrame f;
  f.mutable_list_groups();
  return f;
}

v1::ClientFrame GroupBook::get(const Bytes& id) const {
  const auto it = groups_.find(id);
  v1::ClientFrame f;
  f.mutable_get_group()->set_group_id(id);
  f.mutable_get_group()->set_from_epoch(it == groups_.end() ? 1 : it->second.epoch + 1);
  return f;
}

v1::ClientFrame GroupBook::put(const Bytes& id, uint64_t epoch, const Known& state, uint64_t salt) const {
  v1::ClientFrame f;
  auto* p = f.mutable_put_group();
  p->set_group_id(id);
  p->set_epoch(epoch);
  p->set_name(state.name);
  p->set_admin(state.admin);
  for (const auto& m : state.members) p->add_members(m);
  p->set_state(encode(epoch, state, salt));
  return f;
}

v1::ClientFrame GroupBook::create(const std::string& label, std::vector<std::string> members, uint64_t salt) const {
  members.push_back(user_);
  std::sort(members.begin(), members.end());
  members.erase(std::unique(members.begin(), members.end()), members.end());
  return put(group_id(label), 1, {1, "group-" + label.substr(1), user_, std::move(members), true}, salt);
}

v1::ClientFrame GroupBook::next(const Bytes& id, const std::vector<std::string>& people, Rng& rng) const {
  Known state = groups_.at(id);
  const std::string& who = people[rng.below(people.size())];
  const auto at = std::lower_bound(state.members.begin(), state.members.end(), who);
  const bool in_it = at != state.members.end() && *at == who;
  if (!in_it) {
    state.members.insert(at, who);
  } else if (who != user_) {
    if (rng.chance(150)) {
      state.admin = who;
    } else {
      state.members.erase(at);
    }
  } else {
    state.name += "x";
    state.name.resize(std::min<size_t>(state.name.size(), 30));
  }
  return put(id, state.epoch + 1, state, rng.next());
}

v1::ClientFrame GroupBook::leave(const Bytes& id) const {
  v1::ClientFrame f;
  f.mutable_leave_group()->set_group_id(id);
  return f;
}

v1::ClientFrame GroupBook::end(const Bytes& id) const {
  v1::ClientFrame f;
  f.mutable_delete_group()->set_group_id(id);
  return f;
}

void GroupBook::took(const v1::ServerFrame& answer, const Bytes& id, std::vector<Bytes>* ask) {
  if (answer.has_groups()) {
    for (const auto& g : answer.groups().groups()) {
      const auto it = groups_.find(g.group_id());
      if (it == groups_.end() || it->second.epoch < g.epoch()) ask->push_back(g.group_id());
    }
  } else if (answer.has_group()) {
    Known& known = groups_[id];
    for (const auto& state : answer.group().states()) {
      Known next = decode(state);
      if (next.epoch == known.epoch + 1) known = std::move(next);
    }
    known.member = answer.group().member() && !answer.group().deleted();
    if (known.epoch < answer.group().epoch()) ask->push_back(id);
  } else if (answer.has_group_stored()) {
    ask->push_back(id);
  } else if (answer.has_group_left() || answer.has_group_deleted()) {
    if (const auto it = groups_.find(id); it != groups_.end()) it->second.member = false;
  }
}

std::optional<Bytes> GroupBook::any(Rng& rng, bool as_admin) const {
  std::vector<Bytes> some;
  for (const auto& [id, known] : groups_) {
    if (known.member && known.epoch != 0 && (!as_admin || known.admin == user_)) some.push_back(id);
  }
  if (some.empty()) return std::nullopt;
  return some[rng.below(some.size())];
}

}  // namespace fastchat::sim
