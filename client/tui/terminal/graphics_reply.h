// Asks a terminal about its graphics and its background, parses its answers, and derives the form of pictures from
// them. The answers come among the keys, late or in pieces. The parser trusts nothing and keeps a few hundred bytes.
// Pure.
#pragma once

#include <optional>
#include <string>

#include "client/tui/terminal/picture_graphic.h"
#include "client/tui/terminal/theme.h"

namespace fastchat::tui {

struct TerminalSays {
  bool kitty = false, sixel = false;
  int cell_width = 0, cell_height = 0;  // pixels; 0: unknown
  int colours = 0;                      // colour registers for sixel
  int max_width = 0, max_height = 0;    // pixels of a sixel picture
  std::optional<Rgb> background;
};

class GraphicsReply {
 public:
  static constexpr size_t kMaxKept = 256, kMax = 4096;  // characters of one answer that are stored, and that are read

  // Begins an answer with the two characters that came right behind an escape. Returns false when no answer begins with
  // them. A person's Alt+[ or Alt+_ has nothing right behind it.
  bool begin(char32_t first, char32_t second);
  // Records that the background was asked for: the next input that begins like an answer about it is the answer. An
  // answer that never comes costs a person one Alt+] with a 1 right behind.
  void expect_background() { background_asked_ = true; }
  bool collecting() const { return state_ != State::kNone; }
  // Takes the next character of the answer. Returns false when the character does not belong to the answer, which is
  // dropped then.
  bool take(char32_t c);
  const TerminalSays& says() const { return says_; }

 private:
  enum class State { kNone, kControl, kString, kStringEnd };
  void end_string();
  void on_control(char32_t last);
  void on_string();
  void on_colour();

  State state_ = State::kNone;
  bool background_asked_ = false;
  bool colour_ = false;  // the string is an answer about the background
  std::string text_;
  size_t taken_ = 0;
  TerminalSays says_;
};

struct GraphicsHints {
  std::string wanted = "auto";  // the configuration: auto, kitty, sixel, blocks
  std::string term;             // TERM
  bool tmux = false;            // TMUX is set
  bool colours = true;          // the theme has colours
};
// Returns the question for the background (OSC 11); empty when the terminal could print it as text, or the answer does
// not matter.
std::string background_question(const ThemeHints& theme, const std::string& term);
// Returns the questions to write at the start. `cell_known`: the size of a cell in pixels is known.
std::string graphics_questions(const GraphicsHints& hints, bool cell_known);
// Returns the questions to write once the mode of pictures is known, and after each change of the screen's size. The
// questions ask for the size of a cell and, for sixel, for the number of colours and the size of the largest picture. A
// terminal without sixel could take the questions about sixel for scrolling.
std::string graphics_questions(PictureMode mode, bool cell_known);
// Returns the form of pictures on a screen with `colours`. `says` holds the cell size to use.
PictureForm picture_form(const GraphicsHints& hints, const TerminalSays& says, int colours);

}  // namespace fastchat::tui
