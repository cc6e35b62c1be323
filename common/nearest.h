// "Did you mean ...?": the word of a list that is nearest to a mistyped word. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace fastchat {

// Returns the candidate that differs from `word` in the fewest letters (a missing, an added or a changed letter and a
// swap of two count as one each); of several the first. Returns an empty string when all differ in more than a third of
// the letters, and for words of more than 64 bytes.
std::string nearest(std::string_view word, std::span<const std::string> candidates);

// Returns ": did you mean NAME?" with nearest(), or an empty string.
std::string did_you_mean(std::string_view word, std::span<const std::string> candidates);

}  // namespace fastchat
