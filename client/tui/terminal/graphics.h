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
  // Of pictures that are not in sight the terminal keeps the last ones, so that scrolling back costs a few bytes.
  static constexpr size_t kMaxKept = 64, kMaxKeptBytes = 64 << 20;

  struct Step {
    std::vector<int> redraw;  // rows whose text has to be written anew, before the bytes
    std::string bytes;        // after the text; the cursor is where it was
  };
  Step show(const Frame& frame);
  bool shows() const { return !shown_.empty(); }  // some
  // The screen is drawn anew: everything is written again, the next time.
  void forget();
  // Takes what is left of them out of the terminal.
  std::string end();

 private:
  // A graphic where it is. Its id, since the graphic itself may be gone.
  struct Shown {
    uint32_t id = 0;
    bool sixel = false;
    int x = 0, y = 0, first = 0, rows = 0, columns = 0;
    uint32_t placement = 0;  // kitty: a number for this one
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
  std::vector<std::string> text_;  // of each row, while graphics are shown
  std::deque<Kept> kept_;          // by the terminal; the last is the newest
  std::string before_;             // what the next show() writes first
  uint32_t last_placement_ = 0;
};

}  // namespace fastchat::tui
