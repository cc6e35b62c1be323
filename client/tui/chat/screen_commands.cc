// Commands about notifications and the screen itself.
#include "client/tui/chat/command_context.h"
#include "client/tui/chat/command_table.h"
#include "client/tui/chat/main_page.h"

namespace fastchat::tui {
namespace {

// The messages of the open conversation that cause a notification.
enum class Notifications { kAll, kMentions, kNone };

void set_notifications(CommandContext& context, Notifications level) {
  const std::string name = context.peer().text();
  context.list.set_muted(context.peer(), level == Notifications::kNone);
  context.settings.set("mute:" + name, level == Notifications::kNone ? "1" : "");
  context.settings.set("notify:" + name, level == Notifications::kMentions ? MainPage::kMentionsOnly : "");
  context.screen.toast(level == Notifications::kNone       ? name + " is muted."
                       : level == Notifications::kMentions ? name + " notifies of messages that name you."
                                                           : name + " is not muted any more.",
                       Style::kGood);
}

void mute(CommandContext& context, const Arguments&) {
  const bool muted = context.page.muted(context.peer());
  set_notifications(context, muted ? Notifications::kAll : Notifications::kNone);
}

void notify(CommandContext& context, const Arguments& arguments) {
  const std::string level = arguments.word(0);
  if (level == "all") return set_notifications(context, Notifications::kAll);
  if (level == "mentions") return set_notifications(context, Notifications::kMentions);
  if (level == "none") return set_notifications(context, Notifications::kNone);
  context.refuse("Choose all, mentions or none: /notify mentions");
}

constexpr Command kCommands[] = {
    {"list", "", "hide the list of conversations, or show it", 0,
     [](CommandContext& context, const Arguments&) { toggle_list(context); }},
    {"bare", "", "show the text of the conversation alone, to select it with the terminal's mouse", 0,
     [](CommandContext& context, const Arguments&) { context.bare.begin(); }},
    {"notify", "LEVEL", "notify of messages of this conversation: all, mentions (those that name you) or none", 1,
     notify, kInConversation},
    {"mute", "", "turn notifications of this conversation off or on", 0, mute, kInConversation},
    {"dnd", "", "do not disturb: turn all notifications off or on", 0,
     [](CommandContext& context, const Arguments&) { context.page.toggle_dnd(); }},
    {"menu", "", "open the menus", 0,
     [](CommandContext& context, const Arguments&) { context.screen.open(PageName::kMenu); }},
    {"help", "", "list all keys and commands", 0,
     [](CommandContext& context, const Arguments&) { context.screen.open(PageName::kHelp); }},
    {"quit", "", "quit; drafts stay", 0, [](CommandContext& context, const Arguments&) { context.screen.quit(); }},
};

}  // namespace

void toggle_list(CommandContext& context) {
  if (!context.layout.list_fits()) {
    const std::string from = std::to_string(Layout::kListFrom);
    return context.screen.toast("The list has room from " + from + " columns on. Alt+K finds a conversation.",
                                Style::kDim);
  }
  const bool shown = context.layout.toggle_list();
  context.screen.toast(shown ? "The list is shown." : "The list is hidden; /list shows it.", Style::kDim);
}

CommandTable screen_commands() {
  return kCommands;
}

}  // namespace fastchat::tui
