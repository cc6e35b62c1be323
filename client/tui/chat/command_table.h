// The one table of slash commands, from which they are run, completed and explained. To add a command, add its record
// and its function to the file of its topic.
#pragma once

#include "client/tui/chat/commands.h"

namespace fastchat::tui {

// All commands, in the order of the help.
CommandTable all_commands();

// The topics.
CommandTable conversation_commands();  // conversation_commands.cc
CommandTable file_commands();          // file_commands.cc
CommandTable group_commands();         // group_commands.cc
CommandTable message_commands();       // message_commands.cc
CommandTable screen_commands();        // screen_commands.cc

}  // namespace fastchat::tui
