// The error for a name that no group of this device has, with the group whose name is nearest to it. Pure.
#pragma once

#include <string_view>

#include "client/groups/group_book.h"
#include "common/result.h"

namespace fastchat::client {

// Returns kUnknownGroup with one line, such as "no such group: #taem: did you mean #team?". `name`: without '#'.
Error no_such_group(const GroupBook& groups, std::string_view name);

}  // namespace fastchat::client
