// What the marked parts of a JPEG say of it: how the camera was held, who made it; and turning the pixels. Pure.
#pragma once

#include <string>
#include <string_view>

#include "client/tui/picture/decode.h"

namespace fastchat::tui {

// 1 to 8 (TIFF 6.0, tag 274); 1, the picture as it is stored, when `jpeg` says nothing or nothing that makes sense.
// Looks through the markers before the first scan.
int exif_orientation(std::string_view jpeg);

// True when the inks are stored as brightness and colour (YCCK) and the part that says so, Adobe's, is missing. The
// numbers of the components tell: encoders name those of YCCK 1 to 4 and the inks themselves C, M, Y, K.
bool is_unmarked_ycck(std::string_view jpeg);
// The same with that part.
std::string marked_as_ycck(std::string_view jpeg);

// The picture as it is to be looked at.
Pixels turned(Pixels stored, int orientation);

}  // namespace fastchat::tui
