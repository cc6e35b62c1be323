// Pixels to cells of a terminal. The edge to chafa: picture_draw.cc alone includes it.
#pragma once

#include "client/tui/picture_cells.h"
#include "client/tui/picture_decode.h"

namespace fastchat::tui {

// As large as fits into columns x rows with its proportions kept (a cell is twice as high as wide). `colours` is the
// terminal's: 256 and more, 16, 8, or less for a drawing of lines and blocks.
CellGrid draw_picture(const Pixels& pixels, int columns, int rows, int colours);

}  // namespace fastchat::tui
