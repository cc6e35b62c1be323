// Pixels in the form that kitty's protocol sends. For the child process that decodes pictures. The edge to zlib:
// pack.cc alone includes it.
#pragma once

#include <string>

#include "client/tui/picture/decode.h"

namespace fastchat::tui {

// base64 (RFC 4648) of the pixels compressed by zlib, 4 bytes each or, without their opacity, 3.
std::string pack_pixels(const Pixels& pixels, bool with_alpha);

}  // namespace fastchat::tui
