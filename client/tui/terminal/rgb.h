// A colour: red, green, blue. Plain data.
#pragma once

#include <array>
#include <cstdint>

namespace fastchat::tui {

using Rgb = std::array<uint8_t, 3>;

}  // namespace fastchat::tui
