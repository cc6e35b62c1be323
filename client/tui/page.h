// A page of the screen: draws itself into the rows above the status line, takes keys, and hears what happens.
#pragma once

#include <string>

#include "client/runtime.h"
#include "client/tui/desk.h"
#include "client/tui/frame.h"
#include "client/tui/key.h"

namespace fastchat::tui {

class Page {
 public:
  virtual ~Page() = default;
  // Rows 0 to frame.height - 2; the last is the status line's.
  virtual void draw(Frame& frame) const = 0;
  virtual void press(const Key& key) = 0;
  virtual void on_message(const client::ChatMessage&) {}
  virtual void on_receipt(const client::ReceiptEvent&) {}
  virtual void on_failure(const Error&) {}
};

// Title on a row of its own, reversed over the whole width.
void draw_title(Frame& frame, const std::string& title);

}  // namespace fastchat::tui
