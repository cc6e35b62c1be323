// Numbers in the text that the child which decodes pictures writes: the one step that its parsers share. Pure.
#pragma once

#include <charconv>
#include <string_view>

namespace fastchat::tui {

// Takes a number from `least` to `most` and the character behind it from the front of `text`; false if it is another.
inline bool take_number(std::string_view& text, int base, int least, int most, char end, int& out) {
  const auto [stop, failed] = std::from_chars(text.data(), text.data() + text.size(), out, base);
  if (failed != std::errc() || out < least || out > most) return false;
  text.remove_prefix(static_cast<size_t>(stop - text.data()));
  if (text.empty() || text.front() != end) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace fastchat::tui
