// The list of conversations at the left: names, counts of unread messages, the last line of each conversation and its
// time. ConversationOrder defines the order. Pure: the owner provides the entries of the store at the start, and every
// message after that.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "client/session/session.h"
#include "client/tui/chat/conversation_order.h"
#include "client/tui/chat/picker.h"
#include "client/tui/chat/trust.h"
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
    int64_t last_ms = 0;     // time of the last message, Unix ms; 0: there is no message
    bool mentioned = false;  // an unread message names this user
    bool wrote = false;      // this user wrote something in the conversation
    int64_t recency = 0;     // larger for a more recent conversation; the list sets it
  };

  // `order` outlives the list.
  explicit ConversationList(const ConversationOrder& order) : order_(order) {}

  // Replaces the entries. `entries`: the conversation with the newest message first. `requests`: conversations of
  // strangers, which have no entry. A row above the conversations counts them.
  void set(std::vector<Entry> entries, std::vector<client::PeerName> requests = {});
  // Shows the mark of each entry's trust behind its name from now on.
  using TrustOf = std::function<TrustLevel(const Entry&)>;
  void show_trust(TrustOf trust) { trust_ = std::move(trust); }
  // Sorts the entries. Call after a change of the order.
  void arrange();
  // Adds a new message. With OrderBy::kRecent, the conversation moves to the top of those that are not pinned. `read`:
  // the person looks at the message now.
  void on_message(const client::ChatMessage& message, bool read);
  // Adds an entry for `peer` unless there is one.
  void ensure(const client::PeerName& peer);
  // Removes the entry of a person when the conversation has no message.
  void forget_empty(const client::PeerName& peer);
  // Updates the last line after a change of the text of a known message.
  void on_changed(const client::ChatMessage& message);
  void set_read(const client::PeerName& peer) { set_unread(peer, 0); }
  // `mentioned`: one of the unread messages names this user.
  void set_unread(const client::PeerName& peer, uint64_t count, bool mentioned = false);
  // Records that the counts of unread messages may be wrong: the owner asks the store again before the next drawing.
  void set_stale() { stale_ = true; }
  bool take_stale() { return std::exchange(stale_, false); }
  void set_muted(const client::PeerName& peer, bool muted);

  // Returns all entries. Closed and archived conversations come last.
  const std::vector<Entry>& entries() const { return entries_; }
  // Returns all entries to choose from. The text of a closed or archived conversation ends in "(closed)" or
  // "(archived)".
  std::vector<PickerItem> names() const;
  const Entry* find(const client::PeerName& peer) const;
  uint64_t unread_besides(const client::PeerName& peer) const;
  // Returns the next conversation with unread messages after `peer`, in the order shown, continuing at the top after
  // the end. Muted conversations come behind the others, and hidden ones last. Empty: there is none.
  client::PeerName next_unread(const client::PeerName& peer) const;
  client::PeerName neighbour(const client::PeerName& peer, int by) const;
  client::PeerName nth(size_t n) const;  // from 1

  // Draws the list with `chosen` always in sight. Uses two rows for each conversation when `height` has room, else one.
  // `now_ms`: Unix ms.
  Frame draw(int width, int height, const client::PeerName& chosen, int64_t now_ms);
  // Returns the conversation drawn in row y; empty: none.
  client::PeerName at_row(int y) const;
  const std::vector<client::PeerName>& requests() const { return requests_; }  // not empty: row 0 counts them

 private:
  Entry* get(const client::PeerName& peer);
  bool stale_ = false;
  size_t shown() const;  // the number of entries that are neither closed nor archived; these stand first

  const ConversationOrder& order_;
  TrustOf trust_;
  std::vector<Entry> entries_;
  int64_t newest_ = 0;     // the largest recency
  size_t from_ = 0;        // first entry in sight
  int rows_of_entry_ = 1;  // as drawn last
  std::vector<client::PeerName> requests_;
};

// Returns one line for a list: author and text, without line breaks.
std::string summary(const client::ChatMessage& message);

// Returns the time of a message for a list: "14:05" on the same day, "Tue" in the six days before, "24 Nov" in the same
// year, else "Nov 2025". `ms` and `now_ms`: Unix ms. Empty when `ms` is 0.
std::string list_time(int64_t ms, int64_t now_ms);

}  // namespace fastchat::tui
