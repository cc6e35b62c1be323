// The message that a person picked in the open conversation. Actions apply to that message, even when others arrive
// meanwhile. Pure.
#pragma once

#include <cstdint>

#include "client/tui/chat/message_pane.h"

namespace fastchat::tui {

class MessageCursor {
 public:
  explicit MessageCursor(MessagePane& pane) : pane_(pane) {}

  // Returns the picked message; null: none is picked, or the picked one is not in memory any more.
  const client::ChatMessage* message() const;
  bool picking() const { return message() != nullptr; }
  // Picks the next message upwards (by < 0) or downwards. Upwards, picks the lowest message in sight when none is
  // picked. Going down from the newest message ends the picking.
  void move(int by);
  // Picks the message at a position. Returns false when no person wrote that line, or it is not in memory.
  bool pick(int64_t position);
  void clear();

 private:
  void put(int64_t position);

  MessagePane& pane_;
  int64_t position_ = 0;  // 0: none is picked
};

}  // namespace fastchat::tui
