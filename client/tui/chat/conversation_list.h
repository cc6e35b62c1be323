// The conversations at the left: names, what is unread, the last line of each; newest first. Pure; fed by what the
// store says at the start and by every message since.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "client/session/session.h"
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
  };

  void set(std::vector<Entry> entries) { entries_ = std::move(entries); }
  // A new message: its conversation moves to the top; `read` when it is looked at this moment.
  void on_message(const client::ChatMessage& message, bool read);
  // Makes sure that there is an entry.
  void ensure(const client::PeerName& peer);
  // A message that was told before has another text.
  void on_changed(const client::ChatMessage& message);
  void set_read(const client::PeerName& peer) { set_unread(peer, 0); }
  void set_unread(const client::PeerName& peer, uint64_t count);
  void set_muted(const client::PeerName& peer, bool muted);

  const std::vector<Entry>& entries() const { return entries_; }
  std::vector<PickerItem> names() const;
  const Entry* find(const client::PeerName& peer) const;
  uint64_t unread_besides(const client::PeerName& peer) const;
  // Empty when there is none. The next in the order shown, after `peer`, around the end; muted ones come last.
  client::PeerName next_unread(const client::PeerName& peer) const;
  client::PeerName neighbour(const client::PeerName& peer, int by) const;
  client::PeerName nth(size_t n) const;  // from 1

  // `chosen` is in sight always. Two rows for each conversation when `height` has room, else one.
  Frame draw(int width, int height, const client::PeerName& chosen);
  // Returns the conversation drawn in row y; empty: none.
  client::PeerName at_row(int y) const;

 private:
  Entry* get(const client::PeerName& peer);
  std::vector<Entry> entries_;
  size_t from_ = 0;        // first entry in sight
  int rows_of_entry_ = 1;  // as drawn last
};

// One line for a list: who and what, without line breaks.
std::string summary(const client::ChatMessage& message);

}  // namespace fastchat::tui
