// Parses the numbers in the output of the child process that decodes pictures, for the parsers of that output. Pure.
#pragma once

#include <charconv>
#include <string_view>

namespace fastchat::tui {

// Removes a number from `least` to `most`, as std::to_chars writes it, and the character `end` behind it from the front
// of `text`. Returns false for anything else. std::from_chars also takes leading zeros, capital digits and -0.
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
