#include "client/tui/chat/conversation_order.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace fastchat::tui {
namespace {

constexpr const char* kClosedText = "closed";
constexpr const char* kArchivedText = "archived";

std::string pin_setting(const client::PeerName& peer) {
  return "pin:" + peer.text();
}

std::string shelf_setting(const client::PeerName& peer) {
  return "shelf:" + peer.text();
}

// Parses a place. Returns 0 when the text is no place.
size_t read_place(const std::string& text) {
  size_t place = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), place);
  return read.ec == std::errc() ? place : 0;
}

}  // namespace

void ConversationOrder::load(const std::vector<client::PeerName>& peers) {
  kept_.clear();
  shelves_.clear();
  std::vector<std::pair<size_t, client::PeerName>> places;
  for (const client::PeerName& peer : peers) {
    if (const size_t place = read_place(settings_.get(pin_setting(peer))); place > 0) {
      places.emplace_back(place, peer);
      kept_[peer] = place;
    }
    const std::string shelf = settings_.get(shelf_setting(peer));
    if (shelf == kClosedText) shelves_[peer] = Shelf::kClosed;
    if (shelf == kArchivedText) shelves_[peer] = Shelf::kArchived;
  }
  std::sort(places.begin(), places.end());
  pins_.clear();
  for (auto& [place, peer] : places) pins_.push_back(std::move(peer));
}

size_t ConversationOrder::place(const client::PeerName& peer) const {
  const auto found = std::find(pins_.begin(), pins_.end(), peer);
  return found == pins_.end() ? 0 : static_cast<size_t>(found - pins_.begin()) + 1;
}

void ConversationOrder::pin(const client::PeerName& peer, size_t place) {
  std::erase(pins_, peer);
  const size_t index = std::min(std::max<size_t>(place, 1) - 1, pins_.size());
  pins_.insert(pins_.begin() + static_cast<std::ptrdiff_t>(index), peer);
  keep_places();
}

void ConversationOrder::unpin(const client::PeerName& peer) {
  std::erase(pins_, peer);
  keep_places();
}

Shelf ConversationOrder::shelf(const client::PeerName& peer) const {
  const auto found = shelves_.find(peer);
  return found == shelves_.end() ? Shelf::kShown : found->second;
}

void ConversationOrder::put(const client::PeerName& peer, Shelf shelf) {
  if (this->shelf(peer) == shelf) return;
  if (shelf == Shelf::kShown) {
    shelves_.erase(peer);
    return settings_.set(shelf_setting(peer), "");
  }
  shelves_[peer] = shelf;
  settings_.set(shelf_setting(peer), shelf == Shelf::kClosed ? kClosedText : kArchivedText);
  unpin(peer);
}

bool ConversationOrder::reopen(const client::PeerName& peer) {
  if (shelf(peer) != Shelf::kClosed) return false;
  put(peer, Shelf::kShown);
  return true;
}

// Writes only the places that changed.
void ConversationOrder::keep_places() {
  std::map<client::PeerName, size_t> now;
  for (size_t i = 0; i < pins_.size(); ++i) now[pins_[i]] = i + 1;
  for (const auto& [peer, place] : kept_) {
    if (!now.contains(peer)) settings_.set(pin_setting(peer), "");
  }
  for (const auto& [peer, place] : now) {
    const auto before = kept_.find(peer);
    if (before == kept_.end() || before->second != place) settings_.set(pin_setting(peer), std::to_string(place));
  }
  kept_ = std::move(now);
}

}  // namespace fastchat::tui
