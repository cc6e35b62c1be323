#include "client/e2e/safety_number.h"

#include <cstdio>

#include "client/e2e/hash.h"
#include "client/e2e/words.h"

namespace fastchat::e2e {
namespace {

struct Side {
  std::string digits;
  std::string words;
  auto operator<=>(const Side&) const = default;
};

// Returns six groups of five digits, from 40 bits each, and six words from the first 96 bits.
Side side_of(ByteView fpr) {
  const Bytes h = sha256(concat({label("sn"), fpr}));
  Side side;
  for (size_t i = 0; i < 30; i += 5) {
    uint64_t v = 0;
    for (size_t k = i; k < i + 5; ++k) v = v << 8 | static_cast<uint8_t>(h[k]);
    char group[6];
    std::snprintf(group, sizeof group, "%05u", static_cast<unsigned>(v % 100000));
    side.digits += group;
  }
  side.words = to_words(ByteView(h).substr(0, 12), ' ');
  return side;
}

}  // namespace

SafetyNumber safety_number(ByteView fpr_a, ByteView fpr_b) {
  Side first = side_of(fpr_a), second = side_of(fpr_b);
  if (second < first) std::swap(first, second);
  SafetyNumber out;
  out.digits = first.digits + second.digits;
  for (size_t i = 0; i < out.digits.size(); i += 5) out.spaced += (i > 0 ? " " : "") + out.digits.substr(i, 5);
  out.words = first.words + ' ' + second.words;
  out.qr = "FASTCHAT1:" + out.digits;
  return out;
}

}  // namespace fastchat::e2e
