// The keys that act on the picked message, and the same actions for commands. One table defines the keys, the actions
// and their hints.
#pragma once

#include <string>

#include "client/session/session.h"
#include "client/tui/terminal/key.h"

namespace fastchat::tui {

struct CommandContext;

// Handles a key while a message is picked. Returns false when the key keeps its usual effect.
bool press_on_message(CommandContext& context, const Key& key);
// Returns true for a letter that acts on messages.
bool acts_on_messages(const Key& key);
// Returns the keys that act on this message: "r reply  c copy ...".
std::string action_hint(const client::ChatMessage& message);

// Run one action each, on a message of the open conversation.
void copy_message(CommandContext& context, const client::ChatMessage& message);
void open_message(CommandContext& context, const client::ChatMessage& message);
void forward_message(CommandContext& context, const client::ChatMessage& message);
void quote_message(CommandContext& context, const client::ChatMessage& message);
// Deletes a message for everybody, after a question.
void erase_message(CommandContext& context, const std::string& id, const std::string& text);
// Lets the person choose one of the emoji, the usual ones first.
void pick_reaction(CommandContext& context, const client::ChatMessage& message);

}  // namespace fastchat::tui
