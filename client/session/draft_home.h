// The conversation whose draft keeps a text that could not be sent. A group may be gone by then, or have another name,
// and nothing opens a draft under the old name any more: such a text goes to the conversation with oneself.
#pragma once

#include <string>
#include <vector>

#include "client/groups/group_types.h"
#include "client/runtime/peer_name.h"
#include "client/session/session.h"

namespace fastchat::client {

// `groups`: all groups of this profile. `me`: this user. Pure.
PeerName draft_home(const PeerName& to, const std::vector<GroupInfo>& groups, const std::string& me);
// Returns the same for an open profile; `to` when its groups cannot be read.
PeerName draft_home(const PeerName& to, Session& session);

}  // namespace fastchat::client
