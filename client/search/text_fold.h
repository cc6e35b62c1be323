// Upper and lower case made one, for searching. Pure. The result is as long as what it was made of, byte for byte, so
// that a place found in it is a place in the text.
#pragma once

#include <string>
#include <string_view>

namespace fastchat::client {

// Latin (with accents), Greek and Cyrillic letters become small; everything else stays.
std::string folded(std::string_view text);
// Overwrites `out`, which keeps its memory.
void fold_into(std::string_view text, std::string& out);

}  // namespace fastchat::client
