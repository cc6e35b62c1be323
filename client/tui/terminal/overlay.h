// Produces the bytes for the parts of a frame that ncurses cannot draw: addresses that are links of the terminal (OSC
// 8, https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda), and colours as red, green and blue. ncurses
// draws such a part without link and in the nearest colours; the overlay then writes the text again over itself. Pure:
// remembers the parts on the screen.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "client/tui/terminal/frame.h"

namespace fastchat::tui {

class Overlay {
 public:
  // Returns the sequence that sets the look of a span, regardless of the current look.
  using LookBytes = std::function<std::string(const Span&)>;
  // Bytes of one cell with colours of its own, at most: a movement of the cursor, two colours, a character.
  static constexpr size_t kMaxCellBytes = 64;

  struct Step {
    std::vector<int> redraw;  // rows to rewrite before the bytes, since something of the overlay was there
    std::string bytes;        // to write after the text; keeps the cursor and the look
  };
  // The parts that the terminal shows.
  struct Shows {
    bool links = true, exact_colours = true;
  };
  // Returns the changes for a frame. `columns`: the width of the screen. Ignores rows beyond frame.height.
  Step show(const Frame& frame, int columns, Shows shows, const LookBytes& look);
  // Call when these rows, or the whole screen, are drawn anew: the next show() writes their parts again.
  void forget(const std::vector<int>& rows);
  void forget() { shown_.clear(); }

 private:
  struct Shown {
    std::string parts;  // everything that decides the overlay of a row; empty: the row has none
    std::string row;    // everything that decides the look of the row
    bool exact = false;
    bool operator==(const Shown&) const = default;
  };
  static Shown shown_of(const Row& row, Shows shows);

  std::vector<Shown> shown_;  // by row
};

}  // namespace fastchat::tui
