// Commands about files.
#include "client/tui/chat/command_context.h"
#include "client/tui/chat/command_table.h"

namespace fastchat::tui {
namespace {

void send(CommandContext& context, const Arguments& arguments) {
  context.files.send(context.peer(), arguments.rest, "");
}

void open(CommandContext& context, const Arguments&) {
  const client::ChatMessage* message = context.view.pane().newest_file();
  if (message == nullptr) return context.refuse("No file is in sight.");
  context.files.show(message->id);
}

void save(CommandContext& context, const Arguments& arguments) {
  const client::ChatMessage* message = context.view.pane().newest_file();
  if (message == nullptr) return context.refuse("No file is in sight.");
  context.files.save(message->id, arguments.rest);
}

void cancel(CommandContext& context, const Arguments&) {
  for (const std::string& id : context.view.transfers()) context.files.cancel(id);
}

void send_reply(CommandContext& context, const Arguments& arguments) {
  if (const auto* message = context.newest_of_others()) {
    context.files.send(context.peer(), arguments.rest, message->id);
  }
}

void transfers(CommandContext& context, const Arguments&) {
  context.screen.open(PageName::kTransfers);
}

void view(CommandContext& context, const Arguments& arguments) {
  context.screen.open(PageName::kView, arguments.rest);
}

constexpr Command kCommands[] = {
    {"send", "FILE", "send a file", 1, send, kInConversation | kTakesPath},
    {"open", "", "look at the newest file in sight, fetching it (Enter on an empty line too)", 0, open,
     kInConversation},
    {"save", "[FOLDER]", "keep the newest file in sight, in FOLDER or among the downloads", 0, save, kInConversation},
    {"cancel", "", "stop sending and fetching files in this conversation", 0, cancel, kInConversation},
    {"send-reply", "FILE", "send a file as an answer to the newest message of somebody else", 1, send_reply,
     kInConversation},
    {"transfers", "", "files that go up and down, how far they are, and stopping one", 0, transfers},
    {"view", "FILE", "look at a picture (png, jpeg) or a text on this disk", 1, view, kTakesPath},
};

}  // namespace

CommandTable file_commands() {
  return kCommands;
}

}  // namespace fastchat::tui
