// Commands about single messages: answers, changes, reactions, polls.
#include <charconv>

#include "client/messages/action.h"
#include "client/tui/chat/command_context.h"
#include "client/tui/chat/command_table.h"

namespace fastchat::tui {
namespace {

void me(CommandContext& context, const Arguments& arguments) {
  context.messages.send(context.peer(), std::string(client::kActionBegin) + arguments.rest);
}

// A /reply that came back unsent answers what it answered then, whatever was said since.
void reply(CommandContext& context, const Arguments& arguments) {
  const client::ChatMessage* message = context.newest_of_others();
  if (message == nullptr) return;
  const std::string* answered = context.view.drafts().answered();
  context.messages.reply(context.peer(), arguments.rest, answered == nullptr ? message->id : *answered);
}

void edit(CommandContext& context, const Arguments& arguments) {
  const client::ChatMessage* message = context.newest_of_mine();
  if (message == nullptr) return;
  if (message->file) return context.refuse("Your newest message is a file and has no text to edit.");
  if (message->poll) return context.refuse("Your newest message is a poll and has no text to edit.");
  context.messages.edit(message->id, arguments.rest);
}

void erase(CommandContext& context, const Arguments&) {
  if (const auto* message = context.newest_of_mine()) context.messages.erase(message->id);
}

void react(CommandContext& context, const Arguments& arguments) {
  if (const auto* message = context.newest_of_others()) context.messages.react(message->id, arguments.word(0));
}

void poll(CommandContext& context, const Arguments& arguments) {
  context.messages.send_poll(context.peer(), arguments.rest);
}

// In the newest poll of the conversation.
void vote(CommandContext& context, const Arguments& arguments) {
  if (!context.view.pane().window().has_latest()) context.view.jump_to_end();
  const client::ChatMessage* asked = context.view.pane().window().newest_poll();
  if (asked == nullptr) return context.refuse("There is no poll here.");
  const std::string number = arguments.word(0);
  uint32_t choice = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), choice);
  if (error != std::errc() || end != number.data() + number.size()) {
    return context.refuse("Vote with the number of an option; 0 removes your vote.");
  }
  context.messages.vote(asked->id, choice);
}

constexpr Command kCommands[] = {
    {"me", "TEXT", "say what you do: /me waves is shown as \"* alice waves\"", 1, me, kInConversation | kWritesText},
    {"reply", "TEXT", "answer the newest message of somebody else", 1, reply, kInConversation | kWritesText},
    {"edit", "TEXT", "change the text of your newest message", 1, edit, kInConversation},
    {"erase", "", "delete your newest message for everybody", 0, erase, kInConversation},
    {"react", "[EMOJI]", "react to the newest message of somebody else; without EMOJI remove your reaction", 0, react,
     kInConversation},
    {"poll", "QUESTION | A | B", "ask a question with two to ten options", 1, poll, kInConversation},
    {"vote", "NUMBER", "vote in the newest poll; the last vote counts, 0 removes your vote", 1, vote},
};

}  // namespace

CommandTable message_commands() {
  return kCommands;
}

}  // namespace fastchat::tui
