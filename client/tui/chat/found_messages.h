// The messages that the newest search found, to go from one to the next without the page of the search. Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "client/runtime/peer_name.h"
#include "client/tui/pages/event.h"

namespace fastchat::tui {

class FoundMessages {
 public:
  struct Place {
    client::PeerName peer;
    int64_t position = 0;
  };
  void hear(const SearchFound& found);
  // Call when a message of a conversation is shown: the next move() begins there.
  void shown(const client::PeerName& peer, int64_t position);
  bool empty() const { return places_.empty(); }
  // Moves to an older message (by = 1) or a newer one (-1). Returns null at the end, where nothing moves.
  const Place* move(int by);

 private:
  std::vector<Place> places_;  // newest first
  int64_t at_ = -1;            // -1: before the first
};

}  // namespace fastchat::tui
