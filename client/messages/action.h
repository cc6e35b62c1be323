// Texts that say what their sender does: "/me waves" is shown as "* alice waves". They are ordinary texts, so a client
// that knows nothing of it shows them as they were written. Pure.
#pragma once

#include <string>

#include "client/runtime/listener.h"

namespace fastchat::client {

inline constexpr std::string_view kActionBegin = "/me ";

// A text that begins with "/me " and says something after it.
bool is_action(const ChatMessage& message);
// "* alice waves" of an action, the text of any other message. The name is that of who signed it.
std::string shown_text(const ChatMessage& message);

}  // namespace fastchat::client
