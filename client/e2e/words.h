// Pronounceable words for numbers: 16 bits a word, as in D. S. Wilkerson, "A Proposal for Proquints" (arXiv:0901.4016).
// Pure.
#pragma once

#include <string>

#include "common/bytes.h"

namespace fastchat::e2e {

// Two bytes, big-endian, become one word of five letters; words are joined by `separator`. `bytes` has an even size
// (FC_CHECK).
std::string to_words(ByteView bytes, char separator);

}  // namespace fastchat::e2e
