#include "client/tui/picture/pack.h"

#include <zlib.h>

#include <algorithm>
#include <vector>

#include "common/bytes.h"
#include "common/check.h"

namespace fastchat::tui {
namespace {

// Returns base64 of RFC 4648, with padding.
std::string base64(ByteView bytes) {
  std::string out = to_base64url(bytes);
  std::replace(out.begin(), out.end(), '-', '+');
  std::replace(out.begin(), out.end(), '_', '/');
  out.append((4 - out.size() % 4) % 4, '=');
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
  return base64({reinterpret_cast<const char*>(packed.data()), size});
}

}  // namespace fastchat::tui
