// A picture in few colours of its own, for sixel. For the child process that decodes pictures. Pure.
#pragma once

#include <string>
#include <vector>

#include "client/tui/picture/decode.h"
#include "client/tui/terminal/picture_graphic.h"

namespace fastchat::tui {

struct IndexedPixels {
  std::vector<Rgb> palette;
  std::string pixels;  // an index each; kNoColour where the picture is more than half transparent
};
// At most `colours` of them, 2 to 255, chosen for this picture by cutting the room that its colours take at the median
// (Heckbert 1982); what a pixel lacks goes to its neighbours (Floyd and Steinberg 1976).
IndexedPixels index_picture(const Pixels& pixels, int colours);

}  // namespace fastchat::tui
