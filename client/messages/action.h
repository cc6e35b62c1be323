// Actions: texts about their sender. "/me waves" is shown as "* alice waves". Actions are ordinary texts, so a client
// without this feature shows them as they were written. Pure.
#pragma once

#include <string>

#include "client/runtime/listener.h"

namespace fastchat::client {

inline constexpr std::string_view kActionBegin = "/me ";

// Returns true for a text that begins with "/me " and has more text after it.
bool is_action(const ChatMessage& message);
// Returns "* alice waves" for an action, and the text of any other message. The name is the signer's.
std::string shown_text(const ChatMessage& message);

}  // namespace fastchat::client
