// A page of the screen. Draws itself into the rows above the status line, and receives keys and events.
#pragma once

#include <string>

#include "client/tui/pages/event.h"
#include "client/tui/terminal/frame.h"
#include "client/tui/terminal/key.h"

namespace fastchat::tui {

class Page {
 public:
  virtual ~Page() = default;
  // Draws rows 0 to frame.height - 2; the last row belongs to the status line. The page remembers the size for
  // scrolling.
  virtual void draw(Frame& frame) = 0;
  virtual void press(const Key& key) = 0;
  virtual void hear(const Event&) {}
};

// Draws the title on a row of its own, over the whole width.
void draw_title(Frame& frame, const std::string& title, const std::string& right = "");
// Draws the hint about the keys on the last row of a page.
void draw_hint(Frame& frame, const std::string& text);
// Draws a question, wrapped, in place of the hint.
void draw_question(Frame& frame, const std::string& question);
// Returns true for the answer y; any other key means no.
bool says_yes(const Key& key);

}  // namespace fastchat::tui
