// Commands about notifications and the screen itself.
#include "client/tui/chat/command_context.h"
#include "client/tui/chat/command_table.h"
#include "client/tui/chat/main_page.h"

namespace fastchat::tui {
namespace {

constexpr Command kCommands[] = {
    {"mute", "", "turn notifications of this conversation off or on", 0,
     [](CommandContext& context, const Arguments&) { context.page.toggle_mute(); }, kInConversation},
    {"dnd", "", "do not disturb: turn all notifications off or on", 0,
     [](CommandContext& context, const Arguments&) { context.page.toggle_dnd(); }},
    {"menu", "", "open the menus", 0,
     [](CommandContext& context, const Arguments&) { context.screen.open(PageName::kMenu); }},
    {"help", "", "list all keys and commands", 0,
     [](CommandContext& context, const Arguments&) { context.screen.open(PageName::kHelp); }},
    {"quit", "", "quit; drafts stay", 0, [](CommandContext& context, const Arguments&) { context.screen.quit(); }},
};

}  // namespace

CommandTable screen_commands() {
  return kCommands;
}

}  // namespace fastchat::tui
