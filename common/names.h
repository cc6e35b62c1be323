// Names (PROTOCOL.md sections 3 and 4): users [a-z0-9][a-z0-9_-]{2,31}, some reserved; groups [a-z0-9][a-z0-9_-]{0,31}.
// Pure.
#pragma once

#include <string_view>

namespace fastchat {

// Returns true when `name` has the grammar of a user name (reserved or not).
bool valid_user_name(std::string_view name);

// Returns true for the reserved names of PROTOCOL.md section 8.
bool reserved_user_name(std::string_view name);

// Returns true when `name` has the grammar of a group's name, without the '#' that people write in front.
bool valid_group_handle(std::string_view name);

}  // namespace fastchat
