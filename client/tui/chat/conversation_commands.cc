// Commands that open a conversation, or a page about people and this account.
#include "client/tui/chat/command_context.h"
#include "client/tui/chat/command_table.h"
#include "client/tui/chat/main_page.h"

namespace fastchat::tui {
namespace {

void msg(CommandContext& context, const Arguments& arguments) {
  const client::PeerName to(arguments.word(0));
  context.page.chat(to);
  if (arguments.words.size() < 2) return;
  context.messages.send(to, arguments.rest.substr(arguments.rest.find(arguments.words[1], to.text().size())));
}

void verify(CommandContext& context, const Arguments& arguments) {
  const std::string typed = arguments.word(0), name = typed.empty() ? context.peer().user() : typed;
  if (name.empty()) return context.refuse("Name a person: /verify NAME");
  context.screen.open(PageName::kVerify, name);
}

// For commands that are a page; the page may take what follows the command.
template <PageName page>
void open(CommandContext& context, const Arguments& arguments) {
  context.screen.open(page, arguments.rest);
}
template <PageName page>
void open_alone(CommandContext& context, const Arguments&) {
  context.screen.open(page);
}

constexpr Command kCommands[] = {
    {"msg", "NAME [TEXT]", "open the conversation with NAME, and send TEXT", 1, msg},
    {"search", "[WORDS]", "search all conversations for messages that contain all WORDS", 0, open<PageName::kSearch>},
    {"verify", "[NAME]", "show the safety number, mark the key as verified, accept a changed key", 0, verify},
    {"quarantine", "", "list the quarantined messages and the reasons", 0, open_alone<PageName::kQuarantine>},
    {"why", "", "the former name of /quarantine", 0, open_alone<PageName::kQuarantine>, kHidden},
    {"devices", "", "list your devices, and remove one", 0, open_alone<PageName::kDevices>},
    {"passwd", "", "change the password of your account", 0, open_alone<PageName::kPassword>},
};

}  // namespace

CommandTable conversation_commands() {
  return kCommands;
}

}  // namespace fastchat::tui
