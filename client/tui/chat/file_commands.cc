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
  if (message == nullptr) return context.refuse("No file is on the screen.");
  context.files.show(message->id);
}

void save(CommandContext& context, const Arguments& arguments) {
  const client::ChatMessage* message = context.view.pane().newest_file();
  if (message == nullptr) return context.refuse("No file is on the screen.");
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
    {"open", "", "fetch and show the newest file on the screen (Enter on an empty line too)", 0, open, kInConversation},
    {"save", "[FOLDER]", "save the newest file on the screen in FOLDER or the downloads folder", 0, save,
     kInConversation},
    {"cancel", "", "cancel the transfers of this conversation", 0, cancel, kInConversation},
    {"send-reply", "FILE", "answer the newest message of somebody else with a file", 1, send_reply, kInConversation},
    {"transfers", "", "list uploads and downloads with their progress, and cancel one", 0, transfers},
    {"view", "FILE", "show a picture (png, jpeg) or a text from this disk", 1, view, kTakesPath},
};

}  // namespace

CommandTable file_commands() {
  return kCommands;
}

}  // namespace fastchat::tui
