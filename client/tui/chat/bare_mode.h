// The open conversation as text alone, over the whole width: no list, no members, no title, no margins, no states and
// no input line. The terminal selects text with the mouse meanwhile, since the screen takes no clicks.
#pragma once

#include "client/tui/chat/chat_view.h"
#include "client/tui/chat/key_table.h"
#include "client/tui/terminal/frame.h"
#include "client/tui/terminal/key.h"

namespace fastchat::tui {

class BareMode {
 public:
  // Both outlive it.
  BareMode(Screen& screen, ChatView& view) : screen_(screen), view_(view) {}

  bool on() const { return on_; }
  // Starts the mode. Shows a line instead while no conversation is open.
  void begin();
  // Scrolls, or ends the mode. Returns false when the key ended the mode and has to act as on the main page.
  bool press(const Key& key, const KeyTable& keys);
  void draw(Frame& frame);

 private:
  bool scroll(const Key& key, const KeyTable& keys);

  Screen& screen_;
  ChatView& view_;
  bool on_ = false;
};

}  // namespace fastchat::tui
