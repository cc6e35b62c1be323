#include "client/groups/group_plan.h"

#include <algorithm>
#include <set>

#include "common/names.h"

namespace fastchat::client {
namespace {

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (size_t i = 0; i < names.size(); ++i) out += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + names[i];
  return out;
}

std::vector<std::string> only_in(const e2e::GroupState& a, const e2e::GroupState& b) {
  std::vector<std::string> out;
  for (const auto& m : a.members) {
    const bool there = std::any_of(b.members.begin(), b.members.end(), [&](const auto& o) { return o.user == m.user; });
    if (!there) out.push_back(m.user);
  }
  return out;
}

Result<> plan_members(const e2e::GroupState& state, const GroupEdit& edit, bool lenient,
                      std::set<std::string>& members) {
  for (const auto& m : state.members) members.insert(m.user);
  for (const std::string& user : edit.remove) {
    if (user == state.admin_user())
      return err(Code::kLocalUsage, "the admin cannot be removed: hand the group over first");
    if (members.erase(user) == 0 && !lenient) return err(Code::kLocalUsage, user + " is not in the group");
  }
  for (const std::string& user : edit.add) {
    if (!valid_user_name(user)) return err(Code::kUnknownUser, "no such user: " + user);
    if (!members.insert(user).second && !lenient) return err(Code::kLocalUsage, user + " is in the group already");
  }
  return Unit{};
}

}  // namespace

Result<std::optional<GroupPlan>> plan_change(const GroupBook& book, ByteView id, const GroupEdit& edit, bool lenient) {
  const e2e::GroupState* state = book.current(id);
  const std::string name = book.name_of(id);
  if (state == nullptr || book.membership(id) != Membership::kMember) {
    return err(Code::kNotAllowed, "you are not a member of #" + name);
  }
  if (!book.me().has(state->admin_fpr)) {
    return err(Code::kNotAllowed, "only the admin (" + state->admin_user() + ") can change #" + name);
  }
  std::set<std::string> members;
  if (auto r = plan_members(*state, edit, lenient, members); !r.ok()) return r.error();
  GroupPlan plan{{members.begin(), members.end()}, state->name, state->admin_user()};
  if (!edit.rename.empty()) {
    if (!valid_group_handle(edit.rename)) {
      return err(Code::kNameNotAllowed,
                 "a group's name has 1 to 32 characters of a-z, 0-9, - and _, and begins with a letter or a digit");
    }
    plan.name = edit.rename;
  }
  if (!edit.hand_over_to.empty()) {
    if (!edit.add.empty()) return err(Code::kLocalUsage, "nobody can be added while the group is handed over");
    if (!members.contains(edit.hand_over_to)) return err(Code::kLocalUsage, edit.hand_over_to + " is not in the group");
    plan.admin = edit.hand_over_to;
  }
  const bool same_members = std::equal(plan.members.begin(), plan.members.end(), state->members.begin(),
                                       state->members.end(), [](const auto& a, const auto& b) { return a == b.user; });
  if (same_members && !edit.renew && plan.name == state->name && plan.admin == state->admin_user()) {
    if (!lenient) return err(Code::kLocalUsage, PeerName::of_group(name).text() + " has nothing to change");
    return std::optional<GroupPlan>();
  }
  return std::optional(std::move(plan));
}

bool may_give_key(const GroupBook& book, ByteView id, uint64_t epoch, std::string_view user, ByteView fpr,
                  const e2e::Pins* pins) {
  if (book.membership(id) != Membership::kMember || !book.has_key(id, epoch)) return false;
  const GroupBook::Me& me = book.me();
  const auto lists = [&](const e2e::GroupState& state) {
    const Bytes* listed = state.fpr_of(user);
    if (listed == nullptr || *listed == fpr) return listed != nullptr;
    return user == me.user ? me.has(*listed) && me.has(fpr) : pins != nullptr && pins->same_line(user, *listed, fpr);
  };
  const e2e::GroupState& state = *book.state(id, epoch);
  return (me.has(state.admin_fpr) || me.has(state.signer_fpr)) && lists(state) && lists(*book.current(id));
}

bool lists_former_keys(const GroupBook& book, ByteView id, const e2e::Pins& pins) {
  const e2e::GroupState* state = book.current(id);
  if (state == nullptr) return false;
  const GroupBook::Me& me = book.me();
  return std::any_of(state->members.begin(), state->members.end(), [&](const e2e::GroupMember& m) {
    if (m.user == me.user) return m.fpr != me.fprs.front() && me.has(m.fpr);
    const e2e::PeerKey* key = pins.find(m.user).key;
    return key != nullptr && key->fpr != m.fpr && pins.same_line(m.user, key->fpr, m.fpr);
  });
}

std::vector<std::string> describe_step(const e2e::GroupState* before, const e2e::GroupState& after,
                                       const std::string& me) {
  if (before == nullptr) {
    if (after.epoch == 1) {
      return {after.admin_user() == me ? "you created the group"
                                       : after.admin_user() + " created the group and added you"};
    }
    return {after.admin_user() + " added you"};
  }
  const std::string who = before->admin_user() == me ? "you" : before->admin_user();
  std::vector<std::string> out;
  std::vector<std::string> added = only_in(after, *before), removed = only_in(*before, after);
  for (auto* names : {&added, &removed}) std::replace(names->begin(), names->end(), me, std::string("you"));
  if (!added.empty()) out.push_back(who + " added " + joined(added));
  if (removed == std::vector<std::string>{"you"}) {
    out.push_back("you were removed");
  } else if (!removed.empty()) {
    out.push_back(who + " removed " + joined(removed));
  }
  if (after.name != before->name) out.push_back(who + " renamed the group to " + after.name);
  if (after.admin_user() != before->admin_user()) {
    const std::string& next = after.admin_user();
    out.push_back(who + " handed the group over to " + (next == me ? "you" : next));
  }
  std::vector<std::string> renewed;
  for (const auto& m : after.members) {
    const Bytes* listed = before->fpr_of(m.user);
    if (listed != nullptr && *listed != m.fpr) renewed.push_back(m.user == me ? "you" : m.user);
  }
  if (!renewed.empty()) out.push_back("the group has the new key of " + joined(renewed));
  if (out.empty()) out.push_back(who + " changed the group's key");
  return out;
}

std::string describe_membership(Membership membership) {
  switch (membership) {
    case Membership::kMember:
      return "you are a member again";
    case Membership::kLeft:
      return "you left";
    case Membership::kRemoved:
      return "you were removed";
    case Membership::kUnlisted:
      return "the server says that you are not a member any more";
    case Membership::kDeleted:
      break;
  }
  return "the group was deleted";
}

std::string not_a_member(const PeerName& group) {
  return "you are no longer a member of " + group.text();
}

std::string encode_edit(const GroupEdit& edit) {
  std::string out;
  for (const std::string& user : edit.add) out += "add " + user + "\n";
  for (const std::string& user : edit.remove) out += "remove " + user + "\n";
  if (!edit.rename.empty()) out += "rename " + edit.rename + "\n";
  if (!edit.hand_over_to.empty()) out += "handover " + edit.hand_over_to + "\n";
  if (edit.renew) out += "renew keys\n";
  return out;
}

GroupEdit decode_edit(std::string_view text) {
  GroupEdit out;
  for (size_t at = 0, end; (end = text.find('\n', at)) != std::string_view::npos; at = end + 1) {
    const std::string_view line = text.substr(at, end - at);
    const size_t space = line.find(' ');
    if (space == std::string_view::npos) continue;
    const std::string_view word = line.substr(0, space);
    const std::string value(line.substr(space + 1));
    if (word == "add") out.add.push_back(value);
    if (word == "remove") out.remove.push_back(value);
    if (word == "rename") out.rename = value;
    if (word == "handover") out.hand_over_to = value;
    if (word == "renew") out.renew = true;
  }
  return out;
}

}  // namespace fastchat::client
