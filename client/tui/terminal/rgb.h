// A colour: red, green, blue; and the colour of a cell. Plain data.
#pragma once

#include <array>
#include <cstdint>

namespace fastchat::tui {

using Rgb = std::array<uint8_t, 3>;

// The colour of a cell: -1 is the terminal's own, 0 to 255 are numbers of xterm's palette, and an exact colour is
// kExactColours plus 0xRRGGBB.
using CellColour = int32_t;
inline constexpr CellColour kExactColours = 1 << 24;

inline bool is_exact(CellColour colour) {
  return colour >= kExactColours;
}
inline CellColour exact_colour(uint32_t rgb) {
  return kExactColours + static_cast<CellColour>(rgb & 0xFFFFFF);
}
inline Rgb rgb_of(CellColour exact) {
  return {static_cast<uint8_t>(exact >> 16 & 0xFF), static_cast<uint8_t>(exact >> 8 & 0xFF),
          static_cast<uint8_t>(exact & 0xFF)};
}

}  // namespace fastchat::tui
