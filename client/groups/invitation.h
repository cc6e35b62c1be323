// A group is an invitation while this user neither accepted it nor is open to the people who made it. Free functions:
// the book of groups and the book of standings know nothing of each other.
#pragma once

#include <string>

#include "client/contacts/standings.h"
#include "client/groups/group_book.h"

namespace fastchat::client {

// Returns the stranger because of whom the group is only an invitation: its admin, or the admin before, who handed the
// group over. Empty for a group that is none. `server_admin`: the admin that the server names, for a group of which no
// state is held.
std::string inviter(const StandingBook& standings, const GroupBook& groups, const Bytes& id,
                    const std::string& server_admin = "");

// Accepts a group, and its admin unless there is a decision about that person: the keys of the group come as direct
// messages of the admin. The errors are those of Standings::writes_to().
Result<> accept_group(Standings& standings, const GroupBook& groups, const Bytes& id);

}  // namespace fastchat::client
