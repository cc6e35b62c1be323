// A picture as cells of a terminal, and the lines in which the child process that decodes pictures returns the cells.
// The parser trusts nothing: an attacker in control of the child can at most draw something else. Pure.
//
//   picture = columns " " rows LF 1*row     row = columns*( hex-code-point ":" front ":" back " " ) LF
//   front, back: a CellColour as a decimal number
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "client/tui/terminal/frame.h"
#include "client/tui/terminal/picture_graphic.h"
#include "common/result.h"

namespace fastchat::tui {

struct Cell {
  char32_t character = U' ';
  CellColour front = -1, back = -1;
  bool operator==(const Cell&) const = default;
};

struct CellGrid {
  int columns = 0, rows = 0;
  std::vector<Cell> cells;  // rows * columns
};

std::string encode_cells(const CellGrid& grid);
// Fails with kMalformed for anything that encode_cells() does not write, and for characters that are not one column
// wide.
Result<CellGrid> parse_cells(std::string_view text);
std::vector<Row> rows_of(const CellGrid& grid);

}  // namespace fastchat::tui
