// "Did you mean ...?": the word of a list that a mistyped one stands for. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace fastchat {

// The candidate that differs from `word` in the fewest letters (one left out, added, changed, or two swapped count as
// one each); of several the first. Empty when all differ in more than a third of the letters, and for words of more
// than 64 bytes.
std::string nearest(std::string_view word, std::span<const std::string> candidates);

// ": did you mean NAME?" of nearest(), or nothing.
std::string did_you_mean(std::string_view word, std::span<const std::string> candidates);

}  // namespace fastchat
