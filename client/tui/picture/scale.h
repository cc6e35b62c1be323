// Scales a picture: each new pixel is the mean of the area that it covers. For the child process that decodes pictures.
// Pure.
#pragma once

#include <cstdint>

#include "client/tui/picture/decode.h"

namespace fastchat::tui {

// Returns the picture in another size. `width` and `height` are not 0.
Pixels scale_picture(const Pixels& pixels, uint32_t width, uint32_t height);
bool is_opaque(const Pixels& pixels);

}  // namespace fastchat::tui
