// Names of conversations as the store has them: a user, or '#' and the hex digits of a group's id. They stay when a
// group is renamed. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/bytes.h"

namespace fastchat::client {

// `group`: 32 bytes.
inline std::string group_conversation(ByteView group) {
  return "#" + to_hex(group);
}

inline bool is_group(std::string_view conversation) {
  return conversation.starts_with('#');
}

// The id of the group that the conversation is of; nullopt for a person's.
inline std::optional<Bytes> group_of_conversation(std::string_view conversation) {
  return is_group(conversation) ? from_hex(conversation.substr(1)) : std::nullopt;
}

}  // namespace fastchat::client
