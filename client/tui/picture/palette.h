// Reduces a picture to a few colours of its own, for sixel. For the child process that decodes pictures. Pure.
#pragma once

#include <string>
#include <vector>

#include "client/tui/picture/decode.h"
#include "client/tui/terminal/picture_graphic.h"

namespace fastchat::tui {

struct IndexedPixels {
  std::vector<Rgb> palette;
  std::string pixels;  // an index for each pixel; kNoColour where the picture is more than half transparent
};
// Chooses at most `colours` (2 to 255) colours for this picture by median cut (Heckbert 1982). Spreads the error of
// each pixel to its neighbours (Floyd and Steinberg 1976).
IndexedPixels index_picture(const Pixels& pixels, int colours);

}  // namespace fastchat::tui
