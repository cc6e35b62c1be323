// Commands about notifications and the screen itself.
#include "client/tui/chat/command_context.h"
#include "client/tui/chat/command_table.h"
#include "client/tui/chat/main_page.h"

namespace fastchat::tui {
namespace {

constexpr Command kCommands[] = {
    {"mute", "", "no notifications from this conversation; again: notifications as before", 0,
     [](CommandContext& context, const Arguments&) { context.page.toggle_mute(); }, kInConversation},
    {"dnd", "", "do not disturb: no notifications at all; again: as before", 0,
     [](CommandContext& context, const Arguments&) { context.page.toggle_dnd(); }},
    {"menu", "", "the menus", 0,
     [](CommandContext& context, const Arguments&) { context.screen.open(PageName::kMenu); }},
    {"help", "", "every key and command", 0,
     [](CommandContext& context, const Arguments&) { context.screen.open(PageName::kHelp); }},
    {"quit", "", "quit; what is written and not sent stays", 0,
     [](CommandContext& context, const Arguments&) { context.screen.quit(); }},
};

}  // namespace

CommandTable screen_commands() {
  return kCommands;
}

}  // namespace fastchat::tui
