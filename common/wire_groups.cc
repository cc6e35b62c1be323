#include "common/wire_groups.h"

#include <algorithm>

#include "common/names.h"
#include "common/wire.h"

namespace fastchat::wire {
namespace {

bool is_epoch(uint64_t epoch) {
  return epoch >= 1 && epoch <= INT64_MAX;
}

bool sized(const Bytes& s, size_t least, size_t most) {
  return s.size() >= least && s.size() <= most;
}

}  // namespace

// Members strictly ascend, so that none is named twice. The admin is a member.
bool fits(const v1::PutGroup& m) {
  if (m.group_id().size() != kGroupId || !is_epoch(m.epoch()) || !sized(m.name(), 1, kMaxLabel) ||
      !sized(m.state(), 1, kMaxGroupState) || m.members_size() < 1 ||
      static_cast<size_t>(m.members_size()) > kMaxGroupMembers) {
    return false;
  }
  bool admin_listed = false;
  for (int i = 0; i < m.members_size(); ++i) {
    if (!valid_user_name(m.members(i)) || (i > 0 && m.members(i - 1) >= m.members(i))) return false;
    admin_listed |= m.members(i) == m.admin();
  }
  return admin_listed;
}

bool fits(const v1::GetGroup& m) {
  return m.group_id().size() == kGroupId && is_epoch(m.from_epoch());
}

bool fits(const v1::Group& m) {
  return std::all_of(m.states().begin(), m.states().end(),
                     [](const Bytes& state) { return sized(state, 1, kMaxGroupState); }) &&
         is_epoch(m.epoch()) && sized(m.name(), 0, kMaxLabel);
}

bool fits(const v1::Groups& m) {
  return std::all_of(m.groups().begin(), m.groups().end(), [](const v1::GroupSummary& g) {
    return g.group_id().size() == kGroupId && is_epoch(g.epoch()) && sized(g.name(), 1, kMaxLabel);
  });
}

}  // namespace fastchat::wire
