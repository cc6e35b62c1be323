#include "client/tui/chat/conversation_list.h"

#include <algorithm>

#include "client/e2e/sanitise.h"
#include "client/e2e/unicode.h"
#include "client/messages/action.h"
#include "client/tui/pages/file_text.h"
#include "client/tui/terminal/text.h"

namespace fastchat::tui {
namespace {

constexpr size_t kSummary = 200;  // bytes

size_t index_of(const std::vector<ConversationList::Entry>& entries, const client::PeerName& peer) {
  const auto at = std::find_if(entries.begin(), entries.end(), [&](const auto& e) { return e.peer == peer; });
  return static_cast<size_t>(at - entries.begin());
}

}  // namespace

std::string summary(const client::ChatMessage& message) {
  const std::string whole = message.deleted ? "(deleted)"
                            : message.file  ? file_text(*message.file)
                                            : client::shown_text(message);
  const std::string text = e2e::sanitise_as_line(e2e::cut(whole, kSummary));
  if (client::is_action(message)) return text;
  if (message.mine) return "me: " + text;
  const bool group = message.peer.is_group() && !message.from.empty();
  return group ? message.from + ": " + text : text;
}

std::vector<PickerItem> ConversationList::names() const {
  std::vector<PickerItem> out;
  for (const Entry& entry : entries_) out.push_back({entry.peer.text(), entry.peer.text()});
  return out;
}

const ConversationList::Entry* ConversationList::find(const client::PeerName& peer) const {
  const size_t i = index_of(entries_, peer);
  return i < entries_.size() ? &entries_[i] : nullptr;
}

ConversationList::Entry* ConversationList::get(const client::PeerName& peer) {
  const size_t i = index_of(entries_, peer);
  return i < entries_.size() ? &entries_[i] : nullptr;
}

void ConversationList::ensure(const client::PeerName& peer) {
  if (find(peer) == nullptr) entries_.insert(entries_.begin(), Entry{peer, "", 0, 0, false});
}

void ConversationList::on_message(const client::ChatMessage& message, bool read) {
  if (message.peer.empty()) return;
  ensure(message.peer);
  const auto at = entries_.begin() + static_cast<std::ptrdiff_t>(index_of(entries_, message.peer));
  if (message.position > at->last_position || message.position == 0) {
    at->last = summary(message);
    at->last_position = std::max(at->last_position, message.position);
    std::rotate(entries_.begin(), at, at + 1);
  }
  const bool content = client::is_content(message.kind);
  if (Entry* e = get(message.peer); !message.mine && content && !read) ++e->unread;
}

void ConversationList::on_changed(const client::ChatMessage& message) {
  Entry* e = get(message.peer);
  if (e != nullptr && message.position != 0 && message.position == e->last_position) e->last = summary(message);
}

void ConversationList::set_unread(const client::PeerName& peer, uint64_t count) {
  if (Entry* e = get(peer)) e->unread = count;
}

void ConversationList::set_muted(const client::PeerName& peer, bool muted) {
  if (Entry* e = get(peer)) e->muted = muted;
}

uint64_t ConversationList::unread_besides(const client::PeerName& peer) const {
  uint64_t all = 0;
  for (const Entry& e : entries_) all += e.peer == peer ? 0 : e.unread;
  return all;
}

client::PeerName ConversationList::next_unread(const client::PeerName& peer) const {
  const size_t n = entries_.size(), here = index_of(entries_, peer);
  for (const bool muted : {false, true}) {
    for (size_t i = 1; i <= n; ++i) {
      const Entry& e = entries_[(here + i) % n];
      if (e.unread > 0 && e.muted == muted && e.peer != peer) return e.peer;
    }
  }
  return {};
}

client::PeerName ConversationList::neighbour(const client::PeerName& peer, int by) const {
  if (entries_.empty()) return {};
  const auto n = static_cast<int>(entries_.size());
  const auto here = static_cast<int>(index_of(entries_, peer));
  if (here == n) return entries_[by > 0 ? 0 : static_cast<size_t>(n - 1)].peer;
  return entries_[static_cast<size_t>((here + by + n) % n)].peer;
}

client::PeerName ConversationList::nth(size_t n) const {
  return n >= 1 && n <= entries_.size() ? entries_[n - 1].peer : client::PeerName();
}

Frame ConversationList::draw(int width, int height, const client::PeerName& chosen) {
  Frame out{width, height};
  const auto n = static_cast<int>(entries_.size());
  rows_of_entry_ = n * 2 <= height || height >= 16 ? 2 : 1;
  const int room = std::max(1, height / rows_of_entry_);
  const auto at = static_cast<int>(index_of(entries_, chosen));
  auto from = static_cast<int>(from_);
  if (at < n) from = std::clamp(from, at - room + 1, at);
  from_ = static_cast<size_t>(std::clamp(from, 0, std::max(0, n - room)));
  for (int y = 0; y < room && from_ + static_cast<size_t>(y) < entries_.size(); ++y) {
    const size_t i = from_ + static_cast<size_t>(y);
    const Entry& e = entries_[i];
    const bool here = e.peer == chosen;
    const std::string count = e.unread == 0 ? "" : " " + (e.unread > 999 ? "999+" : std::to_string(e.unread));
    const std::string number = i < 10 ? std::to_string((i + 1) % 10) + " " : "  ";
    const std::string name = number + e.peer.text() + (e.muted ? " (muted)" : "");
    const Style style = here ? Style::kSelected : e.unread > 0 ? Style::kUnread : Style::kPlain;
    const int row = y * rows_of_entry_;
    out.put(row, pad(name, width - width_of(count)), style);
    out.put(row, count, here ? Style::kSelected : Style::kUnread);
    if (rows_of_entry_ == 2) out.put(row + 1, pad("  " + e.last, width), here ? Style::kSelected : Style::kDim);
  }
  return out;
}

client::PeerName ConversationList::at_row(int y) const {
  if (y < 0) return {};
  const size_t i = from_ + static_cast<size_t>(y / rows_of_entry_);
  return i < entries_.size() ? entries_[i].peer : client::PeerName();
}

}  // namespace fastchat::tui
