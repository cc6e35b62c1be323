// Commands about files.
#include "client/tui/chat/command_context.h"
#include "client/tui/chat/command_table.h"
#include "client/tui/pages/typed_path.h"

namespace fastchat::tui {
namespace {

void send(CommandContext& context, const Arguments& arguments) {
  context.files.send(context.peer(), typed_path(arguments.rest), "");
}

void open(CommandContext& context, const Arguments&) {
  context.files.show(context.target->id);
}

void save(CommandContext& context, const Arguments& arguments) {
  context.files.save(context.target->id, arguments.rest.empty() ? "" : typed_path(arguments.rest));
}

void cancel(CommandContext& context, const Arguments&) {
  for (const std::string& id : context.view.transfers()) context.files.cancel(id);
}

void send_reply(CommandContext& context, const Arguments& arguments) {
  context.files.send(context.peer(), typed_path(arguments.rest), context.target->id);
}

void transfers(CommandContext& context, const Arguments&) {
  context.screen.open(PageName::kTransfers);
}

void view(CommandContext& context, const Arguments& arguments) {
  context.screen.open(PageName::kView, typed_path(arguments.rest));
}

constexpr Command kCommands[] = {
    {"send", "FILE", "send a file", 1, send, kInConversation | kTakesPath},
    {"open", "", "fetch and show the picked file, or the newest on the screen (Enter on an empty line too)", 0, open,
     kInConversation | kUsesFile},
    {"save", "[FOLDER]", "save the picked file, or the newest on the screen, in FOLDER or the downloads folder", 0,
     save, kInConversation | kUsesFile},
    {"cancel", "", "cancel the transfers of this conversation", 0, cancel, kInConversation},
    {"send-reply", "FILE", "answer the picked message, or the newest of somebody else, with a file", 1, send_reply,
     kInConversation | kTakesPath | kAnswersMessage},
    {"transfers", "", "list uploads and downloads with their progress, and cancel one", 0, transfers},
    {"view", "FILE", "show a picture (png, jpeg) or a text from this disk", 1, view, kTakesPath},
};

}  // namespace

CommandTable file_commands() {
  return kCommands;
}

}  // namespace fastchat::tui
