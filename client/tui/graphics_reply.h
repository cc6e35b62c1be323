// What a terminal says of its graphics: the questions, its answers, which come among the keys, late or in pieces, and
// what follows from them. The parser trusts nothing and keeps a few hundred bytes. Pure.
#pragma once

#include <string>

#include "client/tui/picture_graphic.h"

namespace fastchat::tui {

struct TerminalSays {
  bool kitty = false, sixel = false;
  int cell_width = 0, cell_height = 0;  // pixels; 0: it did not say
  int colours = 0;                      // registers for sixel
  int max_width = 0, max_height = 0;    // pixels of a sixel picture
};

class GraphicsReply {
 public:
  static constexpr size_t kMaxKept = 256, kMax = 4096;  // characters of one answer: remembered, swallowed

  // True when an answer begins: these two came right behind an escape. A person's Alt+[ or Alt+_ has nothing right
  // behind it.
  bool begin(char32_t first, char32_t second);
  bool collecting() const { return state_ != State::kNone; }
  // The next character; false when it is none of the answer's, which is given up then.
  bool take(char32_t c);
  const TerminalSays& says() const { return says_; }

 private:
  enum class State { kNone, kControl, kString, kStringEnd };
  void on_control(char32_t last);
  void on_string();

  State state_ = State::kNone;
  std::string text_;
  size_t taken_ = 0;
  TerminalSays says_;
};

struct GraphicsHints {
  std::string wanted = "auto";  // the configuration: auto, kitty, sixel, blocks
  std::string term;             // TERM
  bool tmux = false;            // TMUX is set
  bool colours = true;          // the theme has any
};
// What to write at the start; `cell_known`: the size of a cell in pixels is.
std::string graphics_questions(const GraphicsHints& hints, bool cell_known);
// What to write when it is known how graphics are shown, and after each change of the screen's size: how large is a
// cell; for sixel, how many colours and how large a picture. Terminals without sixel could take that for scrolling.
std::string graphics_questions(PictureMode mode, bool cell_known);
// How pictures are shown, on a screen with `colours`. The cell of `says` is the one to use.
PictureForm picture_form(const GraphicsHints& hints, const TerminalSays& says, int colours);

}  // namespace fastchat::tui
