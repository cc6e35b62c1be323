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
  // Messages in display order: the last `limit` before a position (0: the end), the first `limit` after one.
  virtual std::vector<client::ChatMessage> history(const client::PeerName& peer, size_t limit, int64_t before) = 0;
  virtual std::vector<client::ChatMessage> history_after(const client::PeerName& peer, size_t limit, int64_t after) = 0;
  // All that is known of a message; nothing, and a line in the status line, when there is none with this id.
  virtual std::optional<client::MessageInfo> info(const std::string& id) = 0;
  // Marks all messages of a conversation as read. The configuration says whether senders are told.
  virtual void mark_read(const client::PeerName& peer) = 0;
};

}  // namespace fastchat::tui
