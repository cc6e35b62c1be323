// Conversations and their messages, as they are on this disk.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/session/session.h"

namespace fastchat::tui {

class Conversations {
 public:
  virtual ~Conversations() = default;
  virtual std::vector<client::ConversationInfo> list() = 0;
  // Return messages in display order: history() the last `limit` before a position (0: the end), history_after() the
  // first `limit` after a position.
  virtual std::vector<client::ChatMessage> history(const client::PeerName& peer, size_t limit, int64_t before) = 0;
  virtual std::vector<client::ChatMessage> history_after(const client::PeerName& peer, size_t limit, int64_t after) = 0;
  // Counts the messages of a conversation, and those before a position.
  virtual client::PlaceInfo place(const client::PeerName& peer, int64_t position) = 0;
  // Returns the details of a message. When no message has this id, returns nullopt and shows a line in the status line.
  virtual std::optional<client::MessageInfo> info(const std::string& id) = 0;
  // Marks all messages of a conversation as read. The configuration decides whether the senders get read receipts.
  virtual void mark_read(const client::PeerName& peer) = 0;
};

}  // namespace fastchat::tui
