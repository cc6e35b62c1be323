#include "client/tui/pages/emphasis.h"

#include <algorithm>
#include <string>

namespace fastchat::tui {
namespace {

constexpr size_t kMaxEmphasis = 500;
constexpr size_t kMaxBytesMarked = 1000;  // of one emphasis
constexpr std::string_view kOpening = "([{\"'";
constexpr std::string_view kFence = "```";

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n';
}

bool is_word(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

bool may_open(std::string_view text, size_t i) {
  size_t before = i;  // skips other marks before this one: *_both_*
  while (before > 0 && i - before < 3 && (text[before - 1] == '*' || text[before - 1] == '_')) --before;
  const bool behind = before == 0 || is_blank(text[before - 1]) || kOpening.find(text[before - 1]) != kOpening.npos;
  return behind && i + 1 < text.size() && !is_blank(text[i + 1]) && text[i + 1] != text[i];
}

bool may_close(std::string_view text, size_t i) {
  return !is_blank(text[i - 1]) && text[i - 1] != text[i] && (i + 1 == text.size() || !is_word(text[i + 1]));
}

// Returns the place of the closing mark for the mark at i, on the same line; npos: there is none.
size_t closing(std::string_view text, size_t i) {
  const size_t end = std::min(text.size(), i + kMaxBytesMarked);
  for (size_t at = i + 2; at < end && text[at] != '\n'; ++at) {
    if (text[at] == text[i] && may_close(text, at)) return at;
  }
  return std::string_view::npos;
}

// Returns the end of the block of code that begins at i; 0: none begins there.
size_t block_end(std::string_view text, size_t i) {
  if (text.substr(i, kFence.size()) != kFence || (i > 0 && text[i - 1] != '\n')) return 0;
  const size_t line = text.find('\n', i);
  const size_t end = line == std::string_view::npos ? line : text.find("\n```", line);
  return end == std::string_view::npos ? 0 : end + 1 + kFence.size();
}

}  // namespace

std::vector<Emphasis> emphasis_in(std::string_view text) {
  std::vector<Emphasis> out;
  // Searches for a missing closing mark at most once a line or 500 bytes, for each kind of mark. Many unpaired marks
  // then cost no more than the text is long.
  size_t no_bold_before = 0, no_italic_before = 0, no_code_before = 0;
  for (size_t i = 0; i < text.size() && out.size() < kMaxEmphasis; ++i) {
    if (const size_t end = block_end(text, i); end != 0) {
      out.push_back({i, end, Emphasis::Kind::kCode});
      i = end - 1;
      continue;
    }
    const char c = text[i];
    size_t& none_before = c == '*' ? no_bold_before : c == '_' ? no_italic_before : no_code_before;
    if ((c != '*' && c != '_' && c != '`') || i < none_before || !may_open(text, i)) continue;
    const size_t end = closing(text, i);
    if (end == std::string_view::npos) {
      none_before = std::min(text.find('\n', i), i + kMaxBytesMarked / 2);
      continue;
    }
    const auto kind = c == '*' ? Emphasis::Kind::kBold : c == '_' ? Emphasis::Kind::kItalic : Emphasis::Kind::kCode;
    out.push_back({i, end + 1, kind});
    if (kind == Emphasis::Kind::kCode) i = end;
  }
  return out;
}

}  // namespace fastchat::tui
