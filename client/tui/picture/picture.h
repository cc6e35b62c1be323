// A picture as the child that decodes them made it: characters, or a graphic; and the rows of a page that it takes.
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
size_t bytes_of(const Picture& picture);  // about what it takes in memory
// A graphic's rows are blank and name it: it must outlive them, where it is.
std::vector<Row> rows_of(const Picture& picture);

}  // namespace fastchat::tui
