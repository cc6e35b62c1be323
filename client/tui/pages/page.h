// A page of the screen: draws itself into the rows above the status line, takes keys, and hears what happens.
#pragma once

#include <string>
#include <vector>

#include "client/session/session.h"
#include "client/tui/pages/desk.h"
#include "client/tui/pages/file_looker.h"
#include "client/tui/picture/picture.h"
#include "client/tui/terminal/frame.h"
#include "client/tui/terminal/key.h"

namespace fastchat::tui {

class Page {
 public:
  virtual ~Page() = default;
  // Rows 0 to frame.height - 2; the last is the status line's. Remembers the size, for scrolling.
  virtual void draw(Frame& frame) = 0;
  virtual void press(const Key& key) = 0;
  virtual void on_top(bool) {}  // it is, or something covers it
  virtual void on_message(const client::ChatMessage&) {}
  virtual void on_receipt(const client::ReceiptEvent&) {}
  virtual void on_changed(const client::ChatMessage&) {}
  // A group (its name without '#') changed, came or went.
  virtual void on_group(const std::string&) {}
  virtual void on_transfer(const client::TransferEvent&) {}
  virtual void on_found(const client::SearchPart&) {}  // of the newest search
  virtual void on_failure(const Error&) {}             // of what this page asked for
  // A text, exactly as written, that is not in the outbox.
  struct Unsent {
    std::string to, text;
    std::string answers;  // id of the message that it answers; then `text` is a command
    Error error;
  };
  virtual void on_unsent(const Unsent&) {}
  virtual void on_typing(const std::string& /*peer*/, const std::vector<std::string>& /*who*/) {}
  virtual void on_verify(const Result<client::VerifyInfo>&) {}
  virtual void on_file(const std::string& /*path*/, const Result<LocalFile>&) {}
  virtual void on_picture(const std::string& /*path*/, const Result<Picture>&) {}
  // Pictures are shown in another way from now on: the drawings there are count no more.
  virtual void redraw_pictures() {}
  virtual void on_devices(const Result<std::vector<client::DeviceInfo>>&) {}
};

// Title on a row of its own, over the whole width.
void draw_title(Frame& frame, const std::string& title, const std::string& right = "");
// Draws the hint about the keys on the last row of a page.
void draw_hint(Frame& frame, const std::string& text);

}  // namespace fastchat::tui
