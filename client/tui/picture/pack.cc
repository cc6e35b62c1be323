#include "client/tui/picture/pack.h"

#include <zlib.h>

#include <vector>

#include "common/bytes.h"
#include "common/check.h"

namespace fastchat::tui {

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
  return to_base64({reinterpret_cast<const char*>(packed.data()), size});
}

}  // namespace fastchat::tui
