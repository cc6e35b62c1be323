// A picture of the whole screen: what a page draws and the terminal shows. Pure data; a page is a function from its
// state and the screen's size to a Frame, so a test can read it as text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fastchat::tui {

enum class Style { kPlain, kBold, kDim, kReverse, kGood, kWarn, kBad, kMine };

struct Span {
  std::string text;
  Style style = Style::kPlain;
};

using Row = std::vector<Span>;

struct Frame {
  int width = 80, height = 24;
  std::vector<Row> rows;                   // at most `height`; shorter is blank
  int cursor_row = -1, cursor_column = 0;  // -1: hidden

  Row& row(int y) {
    if (static_cast<size_t>(y) >= rows.size()) rows.resize(static_cast<size_t>(y) + 1);
    return rows[static_cast<size_t>(y)];
  }
  void put(int y, std::string text, Style style = Style::kPlain) {
    if (y >= 0 && y < height) row(y).push_back({std::move(text), style});
  }
};

// The frame without its styles, one line a row, trailing blanks cut.
std::string plain_text(const Frame& frame);

}  // namespace fastchat::tui
