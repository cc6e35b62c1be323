// Safety numbers. Two people compare them to verify that no server stands between them. Pure.
#pragma once

#include <string>

#include "common/bytes.h"

namespace fastchat::e2e {

struct SafetyNumber {
  std::string digits;  // 60 digits: 30 of each side, the smaller first; the same on both sides
  std::string spaced;  // the same, in twelve groups of five
  std::string words;   // twelve pronounceable words, six of each side in the same order
  std::string qr;      // content of the QR code
};

SafetyNumber safety_number(ByteView fpr_a, ByteView fpr_b);

}  // namespace fastchat::e2e
