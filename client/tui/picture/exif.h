// Reads the marked segments of a JPEG: the orientation of the camera, and Adobe's segment about the inks. Turns the
// pixels by the orientation. Pure.
#pragma once

#include <string>
#include <string_view>

#include "client/tui/picture/decode.h"

namespace fastchat::tui {

// Returns the orientation, 1 to 8 (TIFF 6.0, tag 274). Returns 1, the picture as stored, when `jpeg` has no valid
// orientation. Looks through the segments before the first scan.
int exif_orientation(std::string_view jpeg);

// Returns true when the inks are stored as brightness and colour (YCCK), and Adobe's segment, which declares YCCK, is
// missing. The ids of the components decide: encoders use 1 to 4 for YCCK, and C, M, Y, K for the inks themselves.
bool is_unmarked_ycck(std::string_view jpeg);
// Returns `jpeg` with Adobe's segment added.
std::string marked_as_ycck(std::string_view jpeg);

// Turns a stored picture upright. `orientation`: as exif_orientation() returns.
Pixels turned(Pixels stored, int orientation);

}  // namespace fastchat::tui
