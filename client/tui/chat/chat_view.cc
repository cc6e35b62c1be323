#include "client/tui/chat/chat_view.h"

#include <algorithm>
#include <utility>

#include "client/tui/pages/file_text.h"
#include "client/tui/pages/message_lines.h"
#include "client/tui/pages/page.h"
#include "client/tui/terminal/text.h"

namespace fastchat::tui {
namespace {

constexpr int kLineFrom = 14;  // minimum rows for a separator above the input line

}  // namespace

void ChatView::open(const client::PeerName& peer, int64_t position) {
  drafts_.open(peer);
  peer_ = peer;
  cursor_.clear();
  question_.reset();
  if (position == 0) {
    jump_to_end();
  } else {
    auto around = conversations_.history(peer, MessagePane::kPage / 2, position + 1);
    for (auto& message : conversations_.history_after(peer, MessagePane::kPage / 2, position))
      around.push_back(std::move(message));
    pane_.show_at(std::move(around), position);
  }
  target_.opened();
  if (composer_.has_history(peer)) return;
  std::vector<std::string> sent;
  for (const auto& m : pane_.window().all()) {
    if (m.mine && m.kind == client::MessageKind::kText) sent.push_back(m.text);
  }
  composer_.set_history(peer, std::move(sent));
}

void ChatView::jump_to_end() {
  cursor_.clear();
  std::vector<client::ChatMessage> messages;
  if (!peer_.empty()) messages = conversations_.history(peer_, MessagePane::kPage, 0);
  const bool whole = messages.size() < MessagePane::kPage;
  int64_t unread_after = -1;
  for (const auto& m : messages) {
    const bool content = client::is_content(m.kind);
    if (m.mine || m.seen || !content) continue;
    unread_after = m.position - 1;
    break;
  }
  pane_.show(std::move(messages), whole, unread_after);
}

void ChatView::jump_to_begin() {
  auto messages = conversations_.history_after(peer_, MessagePane::kPage, 0);
  if (messages.empty()) return;
  cursor_.clear();
  const int64_t first = messages.front().position;
  pane_.show_at(std::move(messages), first);
  pane_.add_older({});
  pane_.to_oldest();
}

void ChatView::to_newest() {
  if (!pane_.window().has_latest()) jump_to_end();
  pane_.to_newest();
}

std::deque<client::ChatMessage> ChatView::newest() {
  if (pane_.window().has_latest()) return pane_.window().all();
  const auto some = conversations_.history(peer_, MessagePane::kPage, 0);
  return {some.begin(), some.end()};
}

void ChatView::answer(const Key& key) {
  const auto question = std::exchange(question_, std::nullopt);
  if (question && says_yes(key)) return question->yes();
  const bool pasted = !question && (key.kind == KeyKind::kEnter || says_yes(key));
  if (!question) composer_.press(key);
  if (pasted || says_no(key)) return;
  screen_.toast(question ? question->refused : "Nothing was pasted: only Y and Enter say yes.", Style::kDim);
}

void ChatView::load_around() {
  if (pane_.wants_older()) pane_.add_older(conversations_.history(peer_, MessagePane::kPage, pane_.window().oldest()));
  if (pane_.wants_newer())
    pane_.add_newer(conversations_.history_after(peer_, MessagePane::kPage, pane_.window().newest()));
  MessageWindow& window = pane_.window();
  if (!pane_.at_end() && !window.place()) window.set_place(conversations_.place(peer_, window.oldest()));
}

void ChatView::hear(const Event& event) {
  std::visit(Hears{[this](const MessageAdded& e) {
                     if (e.message.peer == peer_) pane_.add(e.message);
                   },
                   [this](const MessageChanged& e) { pane_.window().on_changed(e.message); },
                   [this](const client::ReceiptEvent& e) { pane_.window().on_receipt(e); },
                   [this](const client::TransferEvent& e) { hear_transfer(e); },
                   [this](const TypingChanged& e) { typing_[e.peer] = e.users; },
                   [this](const TrustChanged& e) {
                     // Another window may have declined the request, with its messages.
                     const bool here = peer_.user() == e.user && !pane_.window().all().empty();
                     if (here && conversations_.history(peer_, 1, 0).empty()) jump_to_end();
                   },
                   [this](const SendFailed& e) {
                     screen_.toast(e.error.text, Style::kBad);
                     drafts_.give_back(e);
                   },
                   [this](const PictureDrawn& e) { previews_.hear(e); },
                   [this](const PictureFormChanged&) { previews_.reset(); }, [](const auto&) {}},
             event);
}

void ChatView::hear_transfer(const client::TransferEvent& event) {
  if (under_way(event)) {
    transfers_[event.id] = event;
    return;
  }
  transfers_.erase(event.id);
  if (event.state == client::TransferInfo::State::kDone && !event.upload) pane_.window().set_file(event.id, event.path);
}

std::vector<std::string> ChatView::transfers() const {
  std::vector<std::string> out;
  for (const auto& [id, transfer] : transfers_) {
    if (transfer.peer == peer_) out.push_back(id);
  }
  return out;
}

// Names one file of the conversation and counts the others.
std::string ChatView::transfers_text() const {
  const auto ids = transfers();
  if (ids.empty()) return "";
  const std::string first = transfer_text(transfers_.at(ids[0]));
  return ids.size() == 1 ? first : first + ", and " + std::to_string(ids.size() - 1) + " more";
}

std::string ChatView::typing_text() const {
  const auto room = typing_.find(peer_);
  return room == typing_.end() ? "" : tui::typing_text(room->second);
}

// Draws the question, the hint for the picked message, or the input line.
Frame ChatView::draw_input(int width, int max_rows, const std::string& hint) {
  if (!question_ && !cursor_.picking()) return composer_.draw(width, max_rows);
  Frame out{width, 0};
  const int columns = std::max(8, width);
  for (const std::string& text : question_ ? wrap(question_->text + " y n", columns) : wrap_items(hint, columns)) {
    if (out.height == max_rows) break;
    out.put(out.height++, text, question_ ? Style::kWarn : Style::kDim);
  }
  return out;
}

void ChatView::draw(Frame& frame, int message_width, bool quiet, const std::string& standing, const std::string& hint,
                    const std::function<void(int rows)>& draw_empty) {
  const Frame input = draw_input(frame.width, std::max(1, frame.height / 3), hint);
  const std::string applies = target_.text();
  const std::string mode = composer_.vi().normal() ? kNormalMark : "";
  const bool line = frame.height >= kLineFrom || !applies.empty() || !mode.empty() || !standing.empty();
  const int room = std::max(1, frame.height - input.height - (line ? 1 : 0));
  if (peer_.empty()) {
    draw_empty(room);
  } else {
    load_around();
    const Frame messages = pane_.draw(message_width, room);
    previews_.ask();
    // A short conversation stands right above the input line.
    pane_top_ = room - std::min(room, static_cast<int>(messages.rows.size()));
    frame.paste(messages, 0, pane_top_);
    if (pane_.window().all().empty()) draw_empty(room);
  }
  const std::string moving = transfers_text();
  if (line || !moving.empty()) {
    frame.row(frame.height - input.height - 1).clear();
    const std::string other = !applies.empty()    ? applies
                              : !standing.empty() ? standing
                              : !moving.empty()   ? moving
                              : quiet             ? ""
                                                  : typing_text();
    const std::string text = mode + (mode.empty() || other.empty() ? "" : "  ") + other;
    frame.put(frame.height - input.height - 1,
              separator(text, frame.width, applies.empty() && standing.empty() ? Style::kDay : Style::kMark));
  }
  frame.paste(input, 0, frame.height - input.height);
}

}  // namespace fastchat::tui
