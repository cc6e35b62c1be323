// The single table of slash commands: the program runs, completes and explains the commands from this table. To add a
// command, add its record and its function to the file of its topic.
#pragma once

#include "client/tui/chat/commands.h"

namespace fastchat::tui {

// Hides the list of conversations, or shows the list: /list and its key.
void toggle_list(CommandContext& context);

// Returns all commands, in the order of the help.
CommandTable all_commands();

// Return the commands of one topic each.
CommandTable conversation_commands();  // conversation_commands.cc
CommandTable file_commands();          // file_commands.cc
CommandTable group_commands();         // group_commands.cc
CommandTable message_commands();       // message_commands.cc
CommandTable screen_commands();        // screen_commands.cc

}  // namespace fastchat::tui
