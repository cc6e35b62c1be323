#include "client/e2e/words.h"

#include "common/check.h"

namespace fastchat::e2e {

std::string to_words(ByteView bytes, char separator) {
  static constexpr std::string_view kConsonants = "bdfghjklmnprstvz", kVowels = "aiou";
  FC_CHECK(bytes.size() % 2 == 0);
  std::string out;
  out.reserve(bytes.size() * 3);
  for (size_t i = 0; i < bytes.size(); i += 2) {
    const unsigned v = static_cast<uint8_t>(bytes[i]) << 8 | static_cast<uint8_t>(bytes[i + 1]);
    if (i > 0) out.push_back(separator);
    out.push_back(kConsonants[v >> 12 & 15]);
    out.push_back(kVowels[v >> 10 & 3]);
    out.push_back(kConsonants[v >> 6 & 15]);
    out.push_back(kVowels[v >> 4 & 3]);
    out.push_back(kConsonants[v & 15]);
  }
  return out;
}

}  // namespace fastchat::e2e
