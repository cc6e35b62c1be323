#include "client/tui/picture_pack.h"

#include <zlib.h>

#include <vector>

#include "common/check.h"

namespace fastchat::tui {
namespace {

constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string base64(const std::vector<uint8_t>& bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t at = 0; at < bytes.size(); at += 3) {
    const size_t left = bytes.size() - at;
    const uint32_t three = static_cast<uint32_t>(bytes[at]) << 16 |
                           static_cast<uint32_t>(left > 1 ? bytes[at + 1] : 0) << 8 | (left > 2 ? bytes[at + 2] : 0u);
    out += kDigits[three >> 18];
    out += kDigits[three >> 12 & 63];
    out += left > 1 ? kDigits[three >> 6 & 63] : '=';
    out += left > 2 ? kDigits[three & 63] : '=';
  }
  return out;
}

}  // namespace

std::string pack_pixels(const Pixels& pixels, bool with_alpha) {
  std::vector<uint8_t> raw = pixels.rgba;
  if (!with_alpha) {
    size_t to = 0;
    for (size_t from = 0; from < raw.size(); from += 4) {
      for (size_t i = 0; i < 3; ++i) raw[to++] = raw[from + i];
    }
    raw.resize(to);
  }
  uLongf size = compressBound(raw.size());
  std::vector<uint8_t> packed(size);
  FC_CHECK(compress2(packed.data(), &size, raw.data(), raw.size(), Z_DEFAULT_COMPRESSION) == Z_OK);
  packed.resize(size);
  return base64(packed);
}

}  // namespace fastchat::tui
