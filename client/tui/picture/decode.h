// Decodes png and jpeg to pixels, for the child process that decodes pictures. The edge to libpng and libjpeg-turbo.
// Reads the size from the header, and refuses a picture that is too large before decoding anything.
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

// Returns true for data that begins like a png or jpeg.
bool looks_like_picture(std::string_view begin);

// Fails with kMalformed when `file` is neither or is broken, with kTooLarge over kMaxPixels or 100,000 pixels a side.
Result<Pixels> decode_picture(std::string_view file);

}  // namespace fastchat::tui
