#include "client/tui/chat/conversation_list.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include "client/e2e/sanitise.h"
#include "client/e2e/unicode.h"
#include "client/messages/action.h"
#include "client/tui/pages/file_text.h"
#include "client/tui/terminal/text.h"

namespace fastchat::tui {
namespace {

constexpr size_t kSummary = 200;  // bytes

const char* shelf_text(Shelf shelf) {
  return shelf == Shelf::kClosed ? " (closed)" : shelf == Shelf::kArchived ? " (archived)" : "";
}

// Returns the number of a local day. The next day has the next number, regardless of clock changes in the time zone.
int64_t day_of(const tm& local) {
  tm noon = local;
  noon.tm_hour = 12;
  noon.tm_min = noon.tm_sec = 0;
  return timegm(&noon) / 86'400;
}

std::string formatted(const tm& local, const char* format) {
  char out[32];
  return {out, std::strftime(out, sizeof out, format, &local)};
}

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

std::string list_time(int64_t ms, int64_t now_ms) {
  if (ms == 0) return "";
  const time_t then_s = ms / 1000, now_s = now_ms / 1000;
  tm then{}, now{};
  localtime_r(&then_s, &then);
  localtime_r(&now_s, &now);
  const int64_t days = day_of(now) - day_of(then);
  if (days == 0) return formatted(then, "%H:%M");
  if (days > 0 && days < 7) return formatted(then, "%a");
  return formatted(then, then.tm_year == now.tm_year ? "%d %b" : "%b %Y");
}

std::vector<PickerItem> ConversationList::names() const {
  std::vector<PickerItem> out;
  for (const Entry& entry : entries_) {
    out.push_back({entry.peer.text() + shelf_text(order_.shelf(entry.peer)), entry.peer.text()});
  }
  return out;
}

void ConversationList::set(std::vector<Entry> entries, std::vector<client::PeerName> requests) {
  requests_ = std::move(requests);
  entries_ = std::move(entries);
  newest_ = static_cast<int64_t>(entries_.size());
  int64_t recency = newest_;
  for (Entry& e : entries_) e.recency = recency--;
  arrange();
}

void ConversationList::arrange() {
  struct Place {
    bool hidden;
    size_t place;  // for unpinned conversations, the place behind all pinned ones
    std::string name;
    int64_t newer;
    auto operator<=>(const Place&) const = default;
  };
  std::vector<std::pair<Place, size_t>> keys;
  keys.reserve(entries_.size());
  for (size_t i = 0; i < entries_.size(); ++i) {
    const Entry& e = entries_[i];
    const size_t place = order_.place(e.peer);
    const bool by_name = order_.by() == OrderBy::kName;
    keys.push_back({{order_.shelf(e.peer) != Shelf::kShown, place == 0 ? order_.pinned() + 1 : place,
                     by_name ? e2e::folded(e.peer.text()) : "", -e.recency},
                    i});
  }
  std::sort(keys.begin(), keys.end());
  std::vector<Entry> sorted;
  sorted.reserve(entries_.size());
  for (const auto& [key, i] : keys) sorted.push_back(std::move(entries_[i]));
  entries_ = std::move(sorted);
}

size_t ConversationList::shown() const {
  const auto first_hidden = std::find_if(entries_.begin(), entries_.end(),
                                         [&](const Entry& e) { return order_.shelf(e.peer) != Shelf::kShown; });
  return static_cast<size_t>(first_hidden - entries_.begin());
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
  if (find(peer) != nullptr) return;
  Entry entry;
  entry.peer = peer;
  entry.recency = ++newest_;
  entries_.push_back(std::move(entry));
  arrange();
}

void ConversationList::forget_empty(const client::PeerName& peer) {
  if (peer.is_group()) return;
  std::erase_if(entries_, [&](const Entry& e) { return e.peer == peer && e.last_ms == 0 && e.last_position == 0; });
}

void ConversationList::on_message(const client::ChatMessage& message, bool read) {
  if (message.peer.empty()) return;
  ensure(message.peer);
  Entry& e = *get(message.peer);
  const bool content = client::is_content(message.kind);
  if (message.mine && content) e.wrote = true;
  if (!message.mine && content && !read) {
    ++e.unread;
    e.mentioned |= !message.mentioned.empty();
  }
  // The store was read after this message came, so the message may be counted twice now.
  if (message.position <= e.last_position && message.position != 0) return set_stale();
  e.last = summary(message);
  e.last_position = std::max(e.last_position, message.position);
  e.last_ms = message.mine ? message.sent_ms : std::max(message.sent_ms, message.received_ms);
  e.recency = ++newest_;
  arrange();
}

void ConversationList::on_changed(const client::ChatMessage& message) {
  Entry* e = get(message.peer);
  if (e != nullptr && message.position != 0 && message.position == e->last_position) e->last = summary(message);
}

void ConversationList::set_unread(const client::PeerName& peer, uint64_t count, bool mentioned) {
  Entry* e = get(peer);
  if (e == nullptr) return;
  e->unread = count;
  e->mentioned = count > 0 && mentioned;
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
  const auto rank = [&](const Entry& e) { return order_.shelf(e.peer) != Shelf::kShown ? 2 : e.muted ? 1 : 0; };
  for (const int wanted : {0, 1, 2}) {
    for (size_t i = 1; i <= n; ++i) {
      const Entry& e = entries_[(here + i) % n];
      if (e.unread > 0 && rank(e) == wanted && e.peer != peer) return e.peer;
    }
  }
  return {};
}

client::PeerName ConversationList::neighbour(const client::PeerName& peer, int by) const {
  const auto n = static_cast<int>(shown());
  const auto here = static_cast<int>(index_of(entries_, peer));
  if (n == 0) return {};
  if (here >= n) return entries_[by > 0 ? 0 : static_cast<size_t>(n - 1)].peer;
  return entries_[static_cast<size_t>((here + by + n) % n)].peer;
}

client::PeerName ConversationList::nth(size_t n) const {
  return n >= 1 && n <= shown() ? entries_[n - 1].peer : client::PeerName();
}

Frame ConversationList::draw(int width, int height, const client::PeerName& chosen, int64_t now_ms) {
  Frame out{width, height};
  const int top = requests_.empty() ? 0 : 1;
  if (top > 0) out.put(0, clip("Requests (" + std::to_string(requests_.size()) + ")", width), Style::kUnread);
  height -= top;
  const auto n = static_cast<int>(shown());
  rows_of_entry_ = n * 2 <= height || height >= 16 ? 2 : 1;
  const int room = std::max(1, height / rows_of_entry_);
  const auto at = static_cast<int>(index_of(entries_, chosen));
  auto from = static_cast<int>(from_);
  if (at < n) from = std::clamp(from, at - room + 1, at);
  from_ = static_cast<size_t>(std::clamp(from, 0, std::max(0, n - room)));
  for (int y = 0; y < room && from_ + static_cast<size_t>(y) < static_cast<size_t>(n); ++y) {
    const size_t i = from_ + static_cast<size_t>(y);
    const Entry& e = entries_[i];
    const bool here = e.peer == chosen;
    const std::string unread = e.unread > 999 ? "999+" : std::to_string(e.unread);
    const std::string count = e.unread == 0 ? "" : (e.mentioned ? " @" : " ") + unread;
    const std::string number = i < 10 ? std::to_string((i + 1) % 10) : " ";
    const std::string pin = order_.place(e.peer) > 0 ? "·" : " ";
    const std::string name = number + pin + e.peer.text();
    const TrustLevel level = trust_ ? trust_(e) : TrustLevel::kUnknown;
    const std::string mark = level == TrustLevel::kUnknown ? "" : std::string(" ") + trust_mark(level);
    std::string muted = e.muted ? " (muted)" : "";
    // Shows "(muted)" and then the time only where the name leaves room for them. Shows the mark always.
    std::string time = list_time(e.last_ms, now_ms);
    if (!time.empty()) time = " " + time;
    const int must = width_of(mark) + width_of(count);
    if (width_of(name) + width_of(muted) + width_of(time) + must > width) time.clear();
    if (width_of(name) + width_of(muted) + must > width) muted.clear();
    const std::string shown = clip(name, width - must);
    const Style style = here ? Style::kSelected : e.unread > 0 ? Style::kUnread : Style::kPlain;
    const int row = top + y * rows_of_entry_;
    out.put(row, shown, style);
    out.put(row, mark, here ? Style::kSelected : level == TrustLevel::kChanged ? Style::kBad : Style::kDim);
    out.put(row, pad(muted, width - width_of(shown) - width_of(mark) - width_of(time) - width_of(count)), style);
    out.put(row, time, here ? Style::kSelected : Style::kDim);
    out.put(row, count, here ? Style::kSelected : Style::kUnread);
    if (rows_of_entry_ == 2) out.put(row + 1, pad("  " + e.last, width), here ? Style::kSelected : Style::kDim);
  }
  return out;
}

client::PeerName ConversationList::at_row(int y) const {
  y -= requests_.empty() ? 0 : 1;
  if (y < 0) return {};
  const size_t i = from_ + static_cast<size_t>(y / rows_of_entry_);
  return i < shown() ? entries_[i].peer : client::PeerName();
}

}  // namespace fastchat::tui
