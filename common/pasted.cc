#include "common/pasted.h"

#include <algorithm>
#include <utility>

#include "common/bytes.h"

namespace fastchat {

std::string unwrapped(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const size_t blank = std::min(text.find_first_of(kBlanks, at), text.size());
    const size_t next = std::min(text.find_first_not_of(kBlanks, blank), text.size());
    out += text.substr(at, blank - at);
    const std::string_view between = text.substr(blank, next - blank);
    const bool breaks = between.find_first_of("\r\n") != between.npos;
    if (!out.empty() && next < text.size() && !breaks) out += between;
    at = next;
  }
  static constexpr std::pair<std::string_view, std::string_view> kPairs[] = {
      {"<", ">"}, {"\"", "\""}, {"'", "'"}, {"`", "`"}, {"(", ")"}, {"\u201C", "\u201D"}, {"\u2018", "\u2019"}};
  std::string_view inner = out;
  for (bool again = true; again;) {
    again = false;
    for (const auto& [begin, end] : kPairs) {
      if (inner.size() < begin.size() + end.size() || !inner.starts_with(begin) || !inner.ends_with(end)) continue;
      inner.remove_prefix(begin.size());
      inner.remove_suffix(end.size());
      again = true;
    }
    inner = trimmed(inner);
  }
  return std::string(inner);
}

}  // namespace fastchat
