// A part of a graphic as sixel (DEC's VT330/340 Graphics Programming, chapter 14), for the terminal. Pure.
#pragma once

#include <string>

#include "client/tui/terminal/frame.h"

namespace fastchat::tui {

// Encodes the visible part of a graphic, from the cell at the cursor on, as a whole control string. A graphic that is
// cut off at the lower edge leaves up to 5 rows of pixels blank, so that nothing is drawn below its cells. Returns an
// empty string when nothing is left.
std::string sixel_of(const Placed& placed);

}  // namespace fastchat::tui
