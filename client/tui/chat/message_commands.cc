// Commands about single messages: answers, changes, reactions, polls.
#include <charconv>

#include "client/messages/action.h"
#include "client/tui/chat/command_context.h"
#include "client/tui/chat/command_table.h"
#include "client/tui/chat/message_actions.h"
#include "client/tui/pages/links.h"

namespace fastchat::tui {
namespace {

void me(CommandContext& context, const Arguments& arguments) {
  context.view.to_newest();
  context.messages.send(context.peer(), std::string(client::kActionBegin) + arguments.rest);
}

void reply(CommandContext& context, const Arguments& arguments) {
  context.view.to_newest();  // the answer appears there
  context.messages.reply(context.peer(), arguments.rest, context.target->id);
}

void edit(CommandContext& context, const Arguments& arguments) {
  context.messages.edit(context.target->id, arguments.rest);
}

void erase(CommandContext& context, const Arguments&) {
  erase_message(context, context.target->id, context.target->text);
}

void react(CommandContext& context, const Arguments& arguments) {
  context.messages.react(context.target->id, arguments.word(0));
}

void poll(CommandContext& context, const Arguments& arguments) {
  context.messages.send_poll(context.peer(), arguments.rest);
}

void vote(CommandContext& context, const Arguments& arguments) {
  const std::string number = arguments.word(0);
  uint32_t choice = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), choice);
  if (error != std::errc() || end != number.data() + number.size()) {
    return context.refuse("Vote with the number of an option; 0 removes your vote.");
  }
  context.messages.vote(context.target->id, choice);
}

void select(CommandContext& context, const Arguments&) {
  context.view.cursor().move(-1);
  if (!context.view.cursor().picking()) context.refuse("There is no message here.");
}

// Lists every link of the messages in memory, the newest first.
void url(CommandContext& context, const Arguments&) {
  std::vector<PickerItem> items;
  const auto& all = context.view.pane().window().all();
  for (auto m = all.rbegin(); m != all.rend(); ++m) {
    if (m->deleted) continue;
    for (const Link& link : links_in(m->text)) items.push_back({link.url, link.url});
  }
  if (items.empty()) return context.refuse("There is no link here.");
  const auto open = [&context](const std::string& link) { context.desktop.open_link(link); };
  context.picker.open({"", "Open: ", std::move(items), open, "No link fits."});
}

constexpr Command kCommands[] = {
    {"me", "TEXT", "say what you do: /me waves is shown as \"* alice waves\"", 1, me, kInConversation | kWritesText},
    {"select", "", "pick a message to act on (Up on an empty line too)", 0, select, kInConversation},
    {"reply", "TEXT", "answer the picked message, or the newest of somebody else", 1, reply,
     kInConversation | kWritesText | kAnswersMessage},
    {"edit", "TEXT", "change the text of the picked message, or of your newest", 1, edit,
     kInConversation | kChangesMine},
    {"erase", "", "delete the picked message, or your newest, for everybody; asks first", 0, erase,
     kInConversation | kErasesMine},
    {"react", "[EMOJI]",
     "react to the picked message, or the newest of somebody else; without EMOJI remove your reaction", 0, react,
     kInConversation | kAnswersMessage},
    {"poll", "QUESTION | A | B", "ask a question with two to ten options", 1, poll, kInConversation},
    {"vote", "NUMBER", "vote in the picked poll, or the newest; the last vote counts, 0 removes your vote", 1, vote,
     kInConversation | kVotesInPoll},
    {"url", "", "open a link of this conversation", 0, url, kInConversation},
};

}  // namespace

CommandTable message_commands() {
  return kCommands;
}

}  // namespace fastchat::tui
