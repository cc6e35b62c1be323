// The commands of the main page that speak of files.
#include "client/tui/chat/main_page.h"

namespace fastchat::tui {
void MainPage::run_file(const Command& command) {
  if (peer().empty()) return desk_.toast("No conversation is open.", Style::kBad);
  if (command.verb == Verb::kSend) return desk_.send_file(peer(), command.rest, "");
  if (command.verb == Verb::kCancel) {
    for (const std::string& id : view_.transfers()) desk_.cancel_transfer(id);
    return;
  }
  const client::ChatMessage* message = view_.pane().newest_file();
  if (message == nullptr) return desk_.toast("No file is in sight.", Style::kBad);
  if (command.verb == Verb::kSave) return desk_.save_file(message->id, command.rest);
  desk_.show_file(message->id);
}

}  // namespace fastchat::tui
