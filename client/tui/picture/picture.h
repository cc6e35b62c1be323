// A picture from the child process that decodes pictures, as cells or as a graphic, and the rows of a page for it.
// Pure.
#pragma once

#include <variant>
#include <vector>

#include "client/tui/picture/cells.h"
#include "client/tui/terminal/picture_graphic.h"

namespace fastchat::tui {

using Picture = std::variant<CellGrid, Graphic>;

int columns_of(const Picture& picture);
int rows_high(const Picture& picture);
size_t bytes_of(const Picture& picture);  // approximate size in memory
// Returns the rows of a page. The rows of a graphic are blank and point to the graphic, which must outlive the rows and
// must not move.
std::vector<Row> rows_of(const Picture& picture);

}  // namespace fastchat::tui
