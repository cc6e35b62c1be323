#include "client/tui/chat/found_messages.h"

namespace fastchat::tui {

void FoundMessages::hear(const SearchFound& found) {
  if (found.first) {
    places_.clear();
    at_ = -1;
  }
  for (const auto& message : found.part.found) places_.push_back({message.peer, message.position});
}

void FoundMessages::shown(const client::PeerName& peer, int64_t position) {
  for (size_t i = 0; i < places_.size(); ++i) {
    if (places_[i].peer == peer && places_[i].position == position) at_ = static_cast<int64_t>(i);
  }
}

const FoundMessages::Place* FoundMessages::move(int by) {
  const int64_t to = at_ + by;
  if (to < 0 || to >= static_cast<int64_t>(places_.size())) return nullptr;
  at_ = to;
  return &places_[static_cast<size_t>(to)];
}

}  // namespace fastchat::tui
