// Packs pixels in the form of kitty's protocol, for the child process that decodes pictures. The edge to zlib: pack.cc
// alone includes it.
#pragma once

#include <string>

#include "client/tui/picture/decode.h"

namespace fastchat::tui {

// Returns base64 (RFC 4648) of the pixels compressed by zlib: 4 bytes a pixel, or 3 without their opacity.
std::string pack_pixels(const Pixels& pixels, bool with_alpha);

}  // namespace fastchat::tui
