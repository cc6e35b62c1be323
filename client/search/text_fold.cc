#include "client/search/text_fold.h"

namespace fastchat::client {
namespace {

// The small letter of one whose UTF-8 has two bytes, if that has two as well.
char32_t small(char32_t c) {
  const bool latin1 = c >= 0xC0 && c <= 0xDE && c != 0xD7;
  const bool greek = (c >= 0x391 && c <= 0x3AB && c != 0x3A2) || (c >= 0x410 && c <= 0x42F);  // and Cyrillic
  if (latin1 || greek) return c + 0x20;
  if (c >= 0x400 && c <= 0x40F) return c + 0x50;
  if (c >= 0x388 && c <= 0x38A) return c + 0x25;
  if (c == 0x386) return 0x3AC;
  if (c == 0x38C) return 0x3CC;
  if (c == 0x38E || c == 0x38F) return c + 0x3F;
  if (c == 0x178) return 0xFF;
  const bool even_first = (c >= 0x100 && c <= 0x137 && c != 0x130 && c != 0x131) || (c >= 0x14A && c <= 0x177) ||
                          (c >= 0x460 && c <= 0x481) || (c >= 0x48A && c <= 0x4BF) || (c >= 0x4D0 && c <= 0x52F);
  const bool odd_first = (c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E);
  if (even_first && c % 2 == 0) return c + 1;
  if (odd_first && c % 2 == 1) return c + 1;
  return c;
}

}  // namespace

void fold_into(std::string_view text, std::string& out) {
  out.assign(text);
  for (size_t i = 0; i < out.size(); ++i) {
    const auto first = static_cast<unsigned char>(out[i]);
    if (first >= 'A' && first <= 'Z') {
      out[i] = static_cast<char>(first - 'A' + 'a');
    } else if (first >= 0xC3 && first <= 0xD4 && i + 1 < out.size()) {
      const char32_t c = small((first & 0x1Fu) << 6 | (static_cast<unsigned char>(out[i + 1]) & 0x3Fu));
      out[i] = static_cast<char>(0xC0 | c >> 6);
      out[++i] = static_cast<char>(0x80 | (c & 0x3F));
    }
  }
}

std::string folded(std::string_view text) {
  std::string out;
  fold_into(text, out);
  return out;
}

}  // namespace fastchat::client
