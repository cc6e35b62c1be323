#include "client/session/draft_home.h"

#include <algorithm>

namespace fastchat::client {

PeerName draft_home(const PeerName& to, const std::vector<GroupInfo>& groups, const std::string& me) {
  if (!to.is_group() || me.empty()) return to;
  const bool here = std::any_of(groups.begin(), groups.end(), [&](const GroupInfo& g) { return g.name == to.group(); });
  return here ? to : PeerName(me);
}

PeerName draft_home(const PeerName& to, Session& session) {
  if (!to.is_group()) return to;
  const auto groups = session.groups();
  return groups.ok() ? draft_home(to, *groups, session.user()) : to;
}

}  // namespace fastchat::client
