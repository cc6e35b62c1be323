// vi's keys on the main page: Esc leaves the line for normal mode, in which letters move and act (key_table.h), act on
// the picked message (message_actions.h) or change the line (vi_line.h).
#pragma once

#include <optional>

#include "client/tui/chat/key_table.h"
#include "client/tui/terminal/key.h"

namespace fastchat::tui {

struct CommandContext;

struct ViKey {
  bool taken = false;             // the key has no other effect
  std::optional<Binding> action;  // of a taken key
};
// Handles a key of a person who uses vi's keys. Takes none of anybody else.
ViKey press_vi(CommandContext& context, const KeyTable& keys, const Key& key);

// Run one action each: go to a message that the search found, and begin a command.
void go_to_found(CommandContext& context, int by);
void begin_command(CommandContext& context);
// Moves half a page: by messages while one is picked, else by rows. Up when positive.
void move_half_page(CommandContext& context, int by);

}  // namespace fastchat::tui
