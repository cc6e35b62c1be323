#include "client/tui/chat_page.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include "client/tui/text.h"

namespace fastchat::tui {
namespace {

constexpr size_t kShown = 500;  // messages of the history that the page holds

std::string clock_time(int64_t ms) {
  const auto seconds = static_cast<time_t>(ms / 1000);
  tm local{};
  localtime_r(&seconds, &local);
  char out[8];
  std::strftime(out, sizeof out, "%H:%M", &local);
  return out;
}

Style style_of(client::MessageState state) {
  switch (state) {
    case client::MessageState::kSending:
      return Style::kDim;
    case client::MessageState::kQueued:
      return Style::kWarn;
    case client::MessageState::kDelivered:
    case client::MessageState::kRead:
      return Style::kGood;
    case client::MessageState::kFailed:
      return Style::kBad;
    case client::MessageState::kReceived:
      break;
  }
  return Style::kPlain;
}

}  // namespace

ChatPage::ChatPage(Desk& desk, std::string peer)
    : desk_(desk), peer_(std::move(peer)), messages_(desk.history(peer_, kShown)) {
  desk_.mark_read(peer_);
}

// A message takes as many lines as it needs; the state of one of ours stands at the right end of its last.
std::vector<ChatPage::Line> ChatPage::lines(int width) const {
  constexpr int kStateRoom = 10;
  std::vector<Line> out;
  for (const auto& m : messages_) {
    const bool is_note = m.kind == client::MessageKind::kHole || m.kind == client::MessageKind::kNotice;
    const std::string head = is_note ? "      " : clock_time(m.sent_ms) + " ";
    const std::string who = is_note ? "-- " : (m.mine ? "me" : m.from) + ": ";
    const int indent = width_of(head);
    std::string text = who + m.text;
    if (m.late) text += "  (late)";
    const auto wrapped = wrap(text, std::max(8, width - indent - kStateRoom));
    for (size_t i = 0; i < wrapped.size(); ++i) {
      Line line;
      line.text = (i == 0 ? head : std::string(static_cast<size_t>(indent), ' ')) + wrapped[i];
      line.style = is_note ? Style::kDim : m.mine ? Style::kMine : Style::kPlain;
      if (i + 1 == wrapped.size() && m.mine && m.ref != 0) {
        line.state = client::name(m.state);
        line.state_style = style_of(m.state);
      }
      out.push_back(std::move(line));
    }
  }
  return out;
}

void ChatPage::draw(Frame& frame) const {
  draw_title(frame, peer_);
  const int room = std::max(1, frame.height - 4);
  const auto all = lines(frame.width);
  const int total = static_cast<int>(all.size());
  const int last = std::max(std::min(total, room), total - scroll_);
  const int first = std::max(0, last - room);
  for (int i = first; i < last; ++i) {
    const Line& line = all[static_cast<size_t>(i)];
    const int y = 1 + i - first;
    const int state_width = line.state.empty() ? 0 : width_of(line.state) + 1;
    frame.put(y, pad(line.text, frame.width - state_width), line.style);
    if (state_width > 0) frame.put(y, " " + line.state, line.state_style);
  }
  if (all.empty()) frame.put(2, clip("  No messages yet. Write one and press Enter.", frame.width), Style::kDim);
  const int y = frame.height - 2;
  if (!toast_.empty()) frame.put(y - 1, clip(" " + toast_, frame.width), Style::kBad);
  if (toast_.empty() && scroll_ > 0) frame.put(y - 1, clip(" more below: PgDn", frame.width), Style::kDim);
  const auto shown = input_.show(frame.width - 3);
  frame.put(y, "> ", Style::kBold);
  frame.put(y, shown.text);
  frame.cursor_row = y;
  frame.cursor_column = 2 + shown.cursor;
}

void ChatPage::press(const Key& key) {
  toast_.clear();
  if (key.kind == KeyKind::kEscape) return desk_.go(PageName::kMenu);
  if (key.kind == KeyKind::kPageUp) {
    scroll_ += 10;
  } else if (key.kind == KeyKind::kPageDown) {
    scroll_ = std::max(0, scroll_ - 10);
  } else if (key.kind == KeyKind::kEnter) {
    const std::string text = input_.take();
    if (text.empty()) return;
    if (text[0] == '/') return command(text);
    scroll_ = 0;
    unsent_ = text;
    desk_.send(peer_, text);
  } else {
    input_.press(key);
  }
  scroll_ = std::min(scroll_, static_cast<int>(messages_.size()) * 4);
}

// A slash begins a command; one that is not known is never sent as text. Two slashes send one.
void ChatPage::command(const std::string& text) {
  if (text.starts_with("//")) {
    unsent_ = text;
    return desk_.send(peer_, text.substr(1));
  }
  if (text == "/quit") return desk_.quit();
  if (text == "/menu") return desk_.go(PageName::kMenu);
  if (text.starts_with("/msg ") && text.size() > 5) return desk_.go(PageName::kChat, text.substr(5));
  toast_ = text == "/help" ? "/msg NAME, /menu, /quit; // sends a text that begins with a slash"
                           : "Nothing was sent: there is no command " + text + ", see /help";
  input_.set(text == "/help" ? "" : text);
}

void ChatPage::on_message(const client::ChatMessage& message) {
  if (message.peer != peer_) return;
  if (message.mine) unsent_.clear();
  messages_.push_back(message);
  if (messages_.size() > 2 * kShown) messages_.erase(messages_.begin(), messages_.begin() + kShown);
  if (!message.mine) desk_.mark_read(peer_);
}

void ChatPage::on_receipt(const client::ReceiptEvent& event) {
  for (auto& m : messages_) {
    if (m.mine && m.ref == event.ref) {
      m.state = event.state;
      m.failure = event.failure;
      if (event.state == client::MessageState::kFailed) toast_ = event.text;
    }
  }
}

void ChatPage::on_failure(const Error& error) {
  toast_ = error.text;
  if (input_.text().empty()) input_.set(std::exchange(unsent_, ""));
}

}  // namespace fastchat::tui
