// Produces the bytes that make addresses of a frame links of the terminal (OSC 8,
// https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda). ncurses has no links: the text of a link is
// written again over itself, after ncurses has drawn the rows. Pure: remembers the links on the screen.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "client/tui/terminal/frame.h"

namespace fastchat::tui {

class Hyperlinks {
 public:
  // Returns the sequence that sets the look of a span, regardless of the current look.
  using LookBytes = std::function<std::string(const Span&)>;

  struct Step {
    std::vector<int> redraw;  // rows to rewrite before the bytes, since a link was there
    std::string bytes;        // to write after the text; keeps the cursor and the look
  };
  // Returns the changes for a frame. `columns`: the width of the screen. Ignores rows beyond frame.height.
  Step show(const Frame& frame, int columns, const LookBytes& look);
  // Call when these rows, or the whole screen, are drawn anew: the next show() writes their links again.
  void forget(const std::vector<int>& rows);
  void forget() { shown_.clear(); }

 private:
  std::vector<std::string> shown_;  // by row: everything that decides the look of a row with links; empty: no link
};

}  // namespace fastchat::tui
