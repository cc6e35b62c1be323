// Numbers in the text that the child which decodes pictures writes: the one step that its parsers share. Pure.
#pragma once

#include <charconv>
#include <string_view>

namespace fastchat::tui {

// Takes a number from `least` to `most`, as std::to_chars writes it, and the character behind it from the front of
// `text`; false for anything else. std::from_chars also takes leading zeros, capital digits and -0.
inline bool take_number(std::string_view& text, int base, int least, int most, char end, int& out) {
  const auto [stop, failed] = std::from_chars(text.data(), text.data() + text.size(), out, base);
  if (failed != std::errc() || out < least || out > most) return false;
  char written[40];
  const char* written_end = std::to_chars(written, written + sizeof written, out, base).ptr;
  const auto size = static_cast<size_t>(stop - text.data());
  if (text.substr(0, size) != std::string_view(written, static_cast<size_t>(written_end - written))) return false;
  text.remove_prefix(size);
  if (text.empty() || text.front() != end) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace fastchat::tui
