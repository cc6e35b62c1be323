// Pixels to cells of a terminal. The edge to chafa: draw.cc alone includes it.
#pragma once

#include "client/tui/picture/cells.h"
#include "client/tui/picture/decode.h"

namespace fastchat::tui {

// The cells that a picture takes: as large as fits into columns x rows with its proportions kept, but no more columns
// and no more rows than it has pixels, and at least one. `ratio`: a cell's width to its height.
struct CellSize {
  int columns = 1, rows = 1;
};
CellSize fit_picture(const Pixels& pixels, int columns, int rows, float ratio);

// As large as fits, with cells twice as high as wide. `colours` is the terminal's: 256 and more, 16, 8, or less for a
// drawing of lines and blocks.
CellGrid draw_picture(const Pixels& pixels, int columns, int rows, int colours);

// Before draw_picture() in a process that may make no thread.
void draw_on_one_thread();

}  // namespace fastchat::tui
