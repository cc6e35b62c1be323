// Finds the place of a searched word in a text, to mark it. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace fastchat::client {

struct Place {
  size_t begin = 0, end = 0;  // offsets in bytes, between characters
};

// Returns the first place in `text` that holds `word`, which is folded (e2e::folded); nullopt when there is none.
std::optional<Place> find_folded(std::string_view text, std::string_view word);

}  // namespace fastchat::client
