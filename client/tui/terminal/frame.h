// The content of the whole screen: a page draws a Frame and the terminal shows it. Pure data; a page is a function from
// its state and the screen's size to a Frame, so a test can read the Frame as text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "client/tui/terminal/rgb.h"

namespace fastchat::tui {

struct Graphic;  // picture_graphic.h

// The meaning of a piece of text; the theme decides its look.
enum class Style : uint8_t {
  kPlain,
  kBold,
  kDim,
  kReverse,
  kGood,
  kWarn,
  kBad,
  kMine,
  kBar,       // title and status lines
  kSelected,  // the chosen row of a list
  kUnread,    // counts, and names with new messages
  kDay,       // day lines, separators
  kMark,      // a found word, the line above new messages
  kCode,      // typed between backquotes
  kName0,     // senders' colours: kName0 + 0 to kNames - 1
  kNameLast = kName0 + 11,
};
inline constexpr int kNames = 12;

// Returns the colour of a name: the same everywhere and always.
Style style_of_name(std::string_view name);

struct Span {
  std::string text;
  Style style = Style::kPlain;
  // Colours instead of the style's. For pictures and QR codes.
  struct Paint {
    CellColour front = -1, back = -1;
    bool operator==(const Paint&) const = default;
  };
  bool painted = false;
  Paint paint = {};
  // The graphic whose row of cells lies on the blanks of this span. The page owns the graphic, and does not move it.
  const Graphic* graphic = nullptr;
  int graphic_row = 0;
  bool bold = false, italic = false;  // in addition to the style
  std::string link = {};              // the address that the text links to; empty: none
};

using Row = std::vector<Span>;

int width_of(const Row& row);

struct Frame {
  int width = 80, height = 24;
  std::vector<Row> rows = {};              // at most `height`; missing rows are blank
  int cursor_row = -1, cursor_column = 0;  // -1: hidden
  bool mouse = true;                       // false: the mouse is the terminal's own, to select text

  Row& row(int y) {
    if (static_cast<size_t>(y) >= rows.size()) rows.resize(static_cast<size_t>(y) + 1);
    return rows[static_cast<size_t>(y)];
  }
  void put(int y, std::string text, Style style = Style::kPlain) {
    if (y >= 0 && y < height) row(y).push_back({std::move(text), style});
  }
  void put(int y, const Row& spans) {
    if (y >= 0 && y < height) row(y).insert(row(y).end(), spans.begin(), spans.end());
  }
  // Adds `part` with its left upper corner at (x, y), to the right of the text that is there already. Takes over the
  // cursor of `part`, if `part` has one.
  void paste(const Frame& part, int x, int y);
};

// The visible part of a graphic: `rows` of its rows of cells from `first` on, `columns` of its columns from the left,
// with the upper left corner at (x, y).
struct Placed {
  const Graphic* graphic = nullptr;
  int x = 0, y = 0, first = 0, rows = 0, columns = 0;
  bool operator==(const Placed&) const = default;
};
// Returns the visible graphics in the order of their first rows. A row of text in the middle of a graphic makes two of
// it.
std::vector<Placed> graphics_of(const Frame& frame);

// Returns the text of the frame without styles, one line a row, without trailing blanks.
std::string plain_text(const Frame& frame);

}  // namespace fastchat::tui
