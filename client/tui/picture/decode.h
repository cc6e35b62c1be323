// png and jpeg to pixels, for the child process that decodes pictures. The edge to libpng and libjpeg-turbo. The size
// is read from the header and refused before anything is decoded.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace fastchat::tui {

inline constexpr uint64_t kMaxPixels = 24'000'000;
inline constexpr size_t kMaxPictureBytes = 32 << 20;  // of the file

struct Pixels {
  uint32_t width = 0, height = 0;
  std::vector<uint8_t> rgba;  // width * height * 4
};

// True for what begins like a png or jpeg.
bool looks_like_picture(std::string_view begin);

// kMalformed for what is neither or is broken, kTooLarge over kMaxPixels.
Result<Pixels> decode_picture(std::string_view file);

}  // namespace fastchat::tui
