// The order of the conversations in the list. Pinned conversations come first, in the places that the person chose.
// Closed and archived conversations are hidden. The profile's settings store the order, as "pin:bob" and "shelf:bob".
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "client/runtime/peer_name.h"
#include "client/tui/ports/profile_settings.h"

namespace fastchat::tui {

// The order of the conversations that are not pinned.
enum class OrderBy { kRecent, kName };

// kClosed: hidden until a message arrives or the person opens the conversation. kArchived: hidden until the person
// takes the conversation back.
enum class Shelf { kShown, kClosed, kArchived };

class ConversationOrder {
 public:
  ConversationOrder(ProfileSettings& settings, OrderBy by) : settings_(settings), by_(by) {}

  // Reads the places of these conversations from the settings, and forgets all others.
  void load(const std::vector<client::PeerName>& peers);

  // Returns the place among the pinned conversations, from 1; 0: not pinned.
  size_t place(const client::PeerName& peer) const;
  size_t pinned() const { return pins_.size(); }
  // Pins the conversation at this place, or moves it there. The pinned conversations from that place on move one down.
  // `place` is at least 1. A place behind the last one means the last one.
  void pin(const client::PeerName& peer, size_t place);
  void unpin(const client::PeerName& peer);

  Shelf shelf(const client::PeerName& peer) const;
  // Shows, closes or archives a conversation. A closed or archived conversation loses its place among the pinned ones.
  void put(const client::PeerName& peer, Shelf shelf);
  // Shows a closed conversation again. Returns false for any other.
  bool reopen(const client::PeerName& peer);

  OrderBy by() const { return by_; }

 private:
  void keep_places();

  ProfileSettings& settings_;
  const OrderBy by_;
  std::vector<client::PeerName> pins_;
  std::map<client::PeerName, size_t> kept_;    // the places as the settings store them
  std::map<client::PeerName, Shelf> shelves_;  // closed and archived conversations only
};

}  // namespace fastchat::tui
