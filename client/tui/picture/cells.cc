#include "client/tui/picture/cells.h"

#include <cstdio>

#include "client/e2e/sanitise.h"
#include "client/tui/terminal/number_text.h"
#include "client/tui/terminal/text.h"

namespace fastchat::tui {
namespace {

bool take_colour(std::string_view& text, char end, CellColour& out) {
  return take_number(text, 10, -1, 2 * kExactColours - 1, end, out) && (out < 256 || is_exact(out));
}

bool take_cell(std::string_view& text, Cell& out) {
  int character = 0;
  if (!take_number(text, 16, 0x20, 0x10FFFF, ':', character) || !take_colour(text, ':', out.front) ||
      !take_colour(text, ' ', out.back)) {
    return false;
  }
  out.character = static_cast<char32_t>(character);
  return out.character == U' ' || (e2e::printable(out.character) && width_of(out.character) == 1);
}

}  // namespace

std::string encode_cells(const CellGrid& grid) {
  std::string out = std::to_string(grid.columns) + " " + std::to_string(grid.rows) + "\n";
  for (int y = 0; y < grid.rows; ++y) {
    for (int x = 0; x < grid.columns; ++x) {
      const Cell& cell = grid.cells[static_cast<size_t>(y * grid.columns + x)];
      char text[40];
      std::snprintf(text, sizeof text, "%x:%d:%d ", static_cast<unsigned>(cell.character), cell.front, cell.back);
      out += text;
    }
    out += '\n';
  }
  return out;
}

Result<CellGrid> parse_cells(std::string_view text) {
  const Error malformed = err(Code::kMalformed, "the picture could not be drawn");
  CellGrid out;
  if (!take_number(text, 10, 1, kMaxPictureColumns, ' ', out.columns)) return malformed;
  if (!take_number(text, 10, 1, kMaxPictureRows, '\n', out.rows)) return malformed;
  for (int y = 0; y < out.rows; ++y) {
    for (int x = 0; x < out.columns; ++x) {
      if (!take_cell(text, out.cells.emplace_back())) return malformed;
    }
    if (text.empty() || text.front() != '\n') return malformed;
    text.remove_prefix(1);
  }
  if (!text.empty()) return malformed;
  return out;
}

std::vector<Row> rows_of(const CellGrid& grid) {
  std::vector<Row> out;
  for (int y = 0; y < grid.rows; ++y) {
    Row row;
    for (int x = 0; x < grid.columns; ++x) {
      const Cell& cell = grid.cells[static_cast<size_t>(y * grid.columns + x)];
      const Span::Paint paint{cell.front, cell.back};
      if (row.empty() || row.back().paint != paint) row.push_back({"", Style::kPlain, true, paint});
      row.back().text += encode(cell.character);
    }
    out.push_back(std::move(row));
  }
  return out;
}

}  // namespace fastchat::tui
