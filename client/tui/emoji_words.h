// Names of common emoji, for :name: in the input line. Sorted by name. Data.
#pragma once

#include <vector>

namespace fastchat::tui {

struct Emoji {
  const char* name;
  const char* text;
};

const std::vector<Emoji>& all_emoji();

}  // namespace fastchat::tui
