// The keys that act on the picked message, and the same actions for commands. One table has them, from which they run
// and are explained.
#pragma once

#include <string>

#include "client/session/session.h"
#include "client/tui/terminal/key.h"

namespace fastchat::tui {

struct CommandContext;

// Presses a key while a message is picked. False: the key is none of these, and is to do what it does without one.
bool press_on_message(CommandContext& context, const Key& key);
// "r reply  c copy ...": the keys that do something with this message.
std::string action_hint(const client::ChatMessage& message);

// One action each, on a message of the open conversation.
void copy_message(CommandContext& context, const client::ChatMessage& message);
void open_message(CommandContext& context, const client::ChatMessage& message);
void forward_message(CommandContext& context, const client::ChatMessage& message);
void quote_message(CommandContext& context, const client::ChatMessage& message);
// Asks before it deletes.
void erase_message(CommandContext& context, const std::string& id, const std::string& text);
// Lets the person choose one of the emoji, the usual ones first.
void pick_reaction(CommandContext& context, const client::ChatMessage& message);

}  // namespace fastchat::tui
