// The members of a group in a column beside its conversation. Pure.
#pragma once

#include <cstdint>
#include <deque>

#include "client/session/session.h"
#include "client/tui/terminal/frame.h"

namespace fastchat::tui {

inline constexpr int kMembersWidth = 18;   // columns, with the line at the left
inline constexpr int kMembersBeside = 40;  // columns that the conversation needs beside the members

// Draws the members. Those who wrote lately stand first, the latest at the top, with the time of their last message.
// The other members follow by name. The admin is marked. The last row counts the members that have no room. `messages`:
// of the conversation, oldest first. `now_ms`: Unix ms.
Frame draw_members(const client::GroupInfo& group, const std::deque<client::ChatMessage>& messages, int width,
                   int height, int64_t now_ms);

}  // namespace fastchat::tui
