// The conversations at the left: names, what is unread, the last line of each and its time. ConversationOrder says
// where each stands. Pure; fed by what the store says at the start and by every message since.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "client/session/session.h"
#include "client/tui/chat/conversation_order.h"
#include "client/tui/chat/picker.h"
#include "client/tui/terminal/frame.h"

namespace fastchat::tui {

class ConversationList {
 public:
  struct Entry {
    client::PeerName peer;
    std::string last;  // one line
    int64_t last_position = 0;
    uint64_t unread = 0;
    bool muted = false;
    int64_t last_ms = 0;  // when the last message came, Unix ms; 0: there is no message
    int64_t recency = 0;  // larger for the conversation that something came to later; the list sets it
  };

  // `order` outlives it.
  explicit ConversationList(const ConversationOrder& order) : order_(order) {}

  // The one with the newest message first.
  void set(std::vector<Entry> entries);
  // Call after a change of the order.
  void arrange();
  // A new message: its conversation moves to the top of those that are not pinned; `read` when it is looked at this
  // moment.
  void on_message(const client::ChatMessage& message, bool read);
  // Makes sure that there is an entry.
  void ensure(const client::PeerName& peer);
  // Takes a person's entry out that has no message.
  void forget_empty(const client::PeerName& peer);
  // A message that was told before has another text.
  void on_changed(const client::ChatMessage& message);
  void set_read(const client::PeerName& peer) { set_unread(peer, 0); }
  void set_unread(const client::PeerName& peer, uint64_t count);
  // The counts of unread messages may be wrong: the owner asks the store again before the next drawing.
  void set_stale() { stale_ = true; }
  bool take_stale() { return std::exchange(stale_, false); }
  void set_muted(const client::PeerName& peer, bool muted);

  // All, also the closed and archived ones, which come last.
  const std::vector<Entry>& entries() const { return entries_; }
  // The same to choose from; closed and archived ones say so.
  std::vector<PickerItem> names() const;
  const Entry* find(const client::PeerName& peer) const;
  uint64_t unread_besides(const client::PeerName& peer) const;
  // Empty when there is none. The next in the order shown, after `peer`, around the end; muted ones come behind the
  // others, and hidden ones last.
  client::PeerName next_unread(const client::PeerName& peer) const;
  client::PeerName neighbour(const client::PeerName& peer, int by) const;
  client::PeerName nth(size_t n) const;  // from 1

  // `chosen` is in sight always. Two rows for each conversation when `height` has room, else one. `now_ms`: Unix ms.
  Frame draw(int width, int height, const client::PeerName& chosen, int64_t now_ms);
  // Returns the conversation drawn in row y; empty: none.
  client::PeerName at_row(int y) const;

 private:
  Entry* get(const client::PeerName& peer);
  bool stale_ = false;
  size_t shown() const;  // the number of entries that are neither closed nor archived; these stand first

  const ConversationOrder& order_;
  std::vector<Entry> entries_;
  int64_t newest_ = 0;     // the largest recency
  size_t from_ = 0;        // first entry in sight
  int rows_of_entry_ = 1;  // as drawn last
};

// One line for a list: who and what, without line breaks.
std::string summary(const client::ChatMessage& message);

// The time of a message for a list: "14:05" on the same day, "Tue" in the six days before, "24 Nov" in the same year,
// else "Nov 2025". Both in Unix ms. Empty for 0.
std::string list_time(int64_t ms, int64_t now_ms);

}  // namespace fastchat::tui
