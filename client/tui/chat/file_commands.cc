// Files on the main page: sending, fetching, looking at them, how far they are.
#include "client/tui/chat/main_page.h"
#include "client/tui/pages/file_text.h"

namespace fastchat::tui {
namespace {

constexpr int kPreviewRows = 14, kPreviewColumns = 60;

}  // namespace

void MainPage::run_file(const Command& command) {
  if (peer_.empty()) return desk_.toast("No conversation is open.", Style::kBad);
  if (command.verb == Verb::kSend) return desk_.send_file(peer_, command.rest, "");
  if (command.verb == Verb::kCancel) {
    for (const auto& [id, transfer] : transfers_) {
      if (transfer.peer == peer_) desk_.cancel_transfer(id);
    }
    return;
  }
  const client::ChatMessage* message = pane_.newest_file();
  if (message == nullptr) return desk_.toast("No file is in sight.", Style::kBad);
  if (command.verb == Verb::kSave) return desk_.save_file(message->id, command.rest);
  desk_.show_file(message->id);
}

void MainPage::hear_transfer(const client::TransferEvent& event) {
  if (under_way(event)) {
    transfers_[event.id] = event;
    return;
  }
  transfers_.erase(event.id);
  if (event.state == client::TransferInfo::State::kDone && !event.upload) pane_.set_file(event.id, event.path);
}

// Of the conversation that is open; one is named, the others counted.
std::string MainPage::transfers_text() const {
  std::string first;
  size_t more = 0;
  for (const auto& [id, transfer] : transfers_) {
    if (transfer.peer != peer_) continue;
    if (first.empty()) {
      first = transfer_text(transfer);
    } else {
      ++more;
    }
  }
  return more == 0 ? first : first + ", and " + std::to_string(more) + " more";
}

void MainPage::ask_for_pictures() {
  const int columns = std::min(width_ - list_width_ - 8, kPreviewColumns);
  for (const std::string& path : pane_.pictures_in_sight()) {
    if (columns < 8 || !asked_pictures_.insert(path + " " + std::to_string(columns)).second) continue;
    desk_.draw_picture(path, columns, std::min(height_ / 2, kPreviewRows));
  }
}

void MainPage::hear_picture(const PictureDrawn& drawn) {
  const auto& [path, result] = drawn;
  if (!result.ok() || columns_of(*result) > kPreviewColumns || rows_high(*result) > kPreviewRows) return;
  // A drawn picture is requested again when the width changes. A failed one is not requested again.
  std::erase_if(asked_pictures_, [&](const std::string& asked) { return asked.starts_with(drawn.path + " "); });
  if (columns_of(*result) <= width_ - list_width_ - 8) pane_.set_picture(path, *result);
}

}  // namespace fastchat::tui
