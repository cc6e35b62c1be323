// Produces the bytes that make the terminal show the graphics of a frame, by the protocol of kitty
// (https://sw.kovidgoyal.net/kitty/graphics-protocol) or as sixel. Produces none when the graphics are there already.
// Pure: Graphics remembers what it produced before, and the terminal (terminal.cc) writes the bytes.
#pragma once

#include <cstdint>
#include <deque>
#include <set>
#include <string>
#include <vector>

#include "client/tui/terminal/frame.h"

namespace fastchat::tui {

class Graphics {
 public:
  // Limits for the pictures that the terminal keeps. Pictures out of sight stay within these limits, so that scrolling
  // back costs a few bytes.
  static constexpr size_t kMaxKept = 64, kMaxKeptBytes = 64 << 20;

  struct Step {
    std::vector<int> redraw;  // rows whose text must be rewritten before the bytes
    std::string bytes;        // to write after the text; the cursor stays where it was
  };
  Step show(const Frame& frame);
  bool shows() const { return !shown_.empty(); }  // true while there are graphics on the screen
  // Call when the screen is drawn anew: the next show() writes everything again.
  void forget();
  // Returns the bytes that remove all graphics from the terminal.
  std::string end();

 private:
  // A graphic on the screen and its place. Has the id only, since the graphic itself may be gone.
  struct Shown {
    uint32_t id = 0;
    bool sixel = false;
    int x = 0, y = 0, first = 0, rows = 0, columns = 0;
    uint32_t placement = 0;  // kitty: the number of this placement
    bool same_place(const Shown& other) const {
      return id == other.id && x == other.x && y == other.y && first == other.first && rows == other.rows &&
             columns == other.columns;
    }
  };
  struct Kept {
    uint32_t id = 0;
    size_t bytes = 0;
  };
  std::set<int> changed(const std::vector<std::string>& text) const;
  void take_away(const std::vector<Shown>& now, const std::set<int>& changed, Step& out) const;
  const Shown* find(const Shown& wanted) const;
  void place(const Placed& placed, Shown& shown, std::string& out);
  void transmit(const Graphic& graphic, std::string& out);
  void free_old(const std::vector<Shown>& now, std::string& out);

  std::vector<Shown> shown_;
  std::vector<std::string> text_;  // the text of each row, while graphics are shown
  std::deque<Kept> kept_;          // kept by the terminal; the last is the newest
  std::string before_;             // bytes that the next show() writes first
  uint32_t last_placement_ = 0;
};

}  // namespace fastchat::tui
