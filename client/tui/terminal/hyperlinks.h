// Produces the bytes that make addresses of a frame links of the terminal (OSC 8,
// https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda). ncurses knows no links: the text of a link is
// written once more over itself, after ncurses has drawn the rows. Pure: remembers what is on the screen.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "client/tui/terminal/frame.h"

namespace fastchat::tui {

class Hyperlinks {
 public:
  // The sequence that sets the look of a span, from whatever look is set.
  using LookBytes = std::function<std::string(const Span&)>;

  struct Step {
    std::vector<int> redraw;  // rows that have to be written anew before the bytes: a link was there
    std::string bytes;        // after the text; the cursor and the look are as they were
  };
  // `columns`: of the screen. Rows beyond frame.height are not looked at.
  Step show(const Frame& frame, int columns, const LookBytes& look);
  // These rows, or the whole screen, are drawn anew: their links are written again, the next time.
  void forget(const std::vector<int>& rows);
  void forget() { shown_.clear(); }

 private:
  std::vector<std::string> shown_;  // of each row with links: all that decides how it looks; empty: it has none
};

}  // namespace fastchat::tui
