// Pictures from others, as the child process decodes them: libpng, libjpeg-turbo and our own parsing of the parts
// around the pixels. A decoded picture has as many pixels as it says, within the limits, and scales to any size. The
// libraries are Debian's, without coverage or sanitizer: a fault inside them shows only if it crashes.
#include "client/tui/picture/decode.h"

#include "client/tui/picture/scale.h"
#include "tests/fuzz/fuzz.h"

namespace fastchat::fuzz {
namespace {

using namespace tui;

// Returns true for a header with a size that is within the limits but slow to decode. Other tests check the limits.
bool promises_much(ByteView file) {
  if (!file.starts_with("\x89PNG") || file.size() < 24) return false;
  const uint64_t pixels = uint64_t{get_u32(file.data() + 16)} * get_u32(file.data() + 20);
  return pixels > 1'000'000 && pixels <= kMaxPixels;
}

}  // namespace
}  // namespace fastchat::fuzz

FC_FUZZ(picture) {
  if (promises_much(input)) return;
  const auto got = decode_picture(input);
  FC_CHECK(!got.ok() || looks_like_picture(input));
  if (!got.ok()) {
    FC_CHECK(got.error().code == Code::kMalformed || got.error().code == Code::kTooLarge);
    return;
  }
  FC_CHECK(got->width > 0 && got->height > 0 && uint64_t{got->width} * got->height <= kMaxPixels);
  FC_CHECK(got->rgba.size() == size_t{got->width} * got->height * 4);
  for (const auto& [width, height] : {std::pair{1u, 1u}, {7u, 3u}, {30u, 40u}}) {
    const Pixels small = scale_picture(*got, width, height);
    FC_CHECK(small.width == width && small.height == height && small.rgba.size() == size_t{width} * height * 4);
    // An opaque picture stays opaque when it is scaled.
    if (is_opaque(*got)) FC_CHECK(is_opaque(small));
  }
}
