// Converts pixels to cells of a terminal. The edge to chafa: draw.cc alone includes it.
#pragma once

#include "client/tui/picture/cells.h"
#include "client/tui/picture/decode.h"

namespace fastchat::tui {

// The number of cells that a picture takes: as large as fits into columns x rows with its proportions kept, but no more
// columns and no more rows than the picture has pixels, and at least one each. `ratio`: a cell's width divided by its
// height.
struct CellSize {
  int columns = 1, rows = 1;
};
CellSize fit_picture(const Pixels& pixels, int columns, int rows, float ratio);

// Draws the picture as large as fits, with cells twice as high as wide. `colours` is the terminal's:
// kExactColours, 256 and more, 16, or 8. With fewer than 8, draws blocks without colours.
CellGrid draw_picture(const Pixels& pixels, int columns, int rows, int colours);

// Makes chafa use one thread. Call before draw_picture() in a process that must not start threads.
void draw_on_one_thread();

}  // namespace fastchat::tui
