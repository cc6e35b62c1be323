#include "client/tui/chat/command_table.h"

namespace fastchat::tui {

CommandTable all_commands() {
  static const std::vector<Command> all = [] {
    std::vector<Command> out;
    for (const CommandTable topic :
         {conversation_commands(), file_commands(), group_commands(), message_commands(), screen_commands()}) {
      out.insert(out.end(), topic.begin(), topic.end());
    }
    return out;
  }();
  return all;
}

}  // namespace fastchat::tui
