#include "client/tui/chat/message_window.h"

#include <algorithm>
#include <iterator>

namespace fastchat::tui {

void MessageWindow::show(std::vector<client::ChatMessage> messages, bool whole, bool latest) {
  messages_.assign(std::make_move_iterator(messages.begin()), std::make_move_iterator(messages.end()));
  whole_ = whole;
  latest_ = latest;
  place_.reset();
}

void MessageWindow::add(const client::ChatMessage& message) {
  messages_.push_back(message);
  count_new();
}

void MessageWindow::count_new() {
  if (place_) ++place_->all;
}

bool MessageWindow::has(int64_t position) const {
  return position != 0 && std::any_of(messages_.rbegin(), messages_.rend(),
                                      [position](const client::ChatMessage& m) { return m.position == position; });
}

void MessageWindow::add_older(std::vector<client::ChatMessage> messages) {
  if (messages.empty()) whole_ = true;
  if (place_) place_->before -= std::min<uint64_t>(place_->before, messages.size());
  messages_.insert(messages_.begin(), std::make_move_iterator(messages.begin()),
                   std::make_move_iterator(messages.end()));
}

void MessageWindow::add_newer(std::vector<client::ChatMessage> messages) {
  if (messages.empty()) latest_ = true;
  messages_.insert(messages_.end(), std::make_move_iterator(messages.begin()), std::make_move_iterator(messages.end()));
}

void MessageWindow::drop_oldest() {
  messages_.pop_front();
  if (place_) ++place_->before;
  whole_ = false;
}

void MessageWindow::drop_newest() {
  messages_.pop_back();
  latest_ = false;
}

void MessageWindow::on_receipt(const client::ReceiptEvent& event) {
  for (auto m = messages_.rbegin(); m != messages_.rend(); ++m) {
    if (!m->mine || m->ref != event.ref) continue;
    m->state = event.state;
    m->failure = event.failure;
    if (event.members > 0) {
      m->members = event.members;
      m->delivered = event.delivered;
      m->read = event.read;
    }
    return;
  }
}

void MessageWindow::on_changed(const client::ChatMessage& message) {
  for (auto& m : messages_) {
    if (m.id == message.id && m.position == message.position) m = message;
  }
}

void MessageWindow::set_file(const std::string& id, const std::string& path) {
  for (auto& m : messages_) {
    if (m.id != id || !m.file) continue;
    m.file->path = path;
    m.file->state = client::FileView::State::kHere;
  }
}

}  // namespace fastchat::tui
