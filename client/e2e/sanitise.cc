#include "client/e2e/sanitise.h"

#include <algorithm>
#include <array>

namespace fastchat::e2e {
namespace {

constexpr char32_t kReplacement = 0xFFFD;
constexpr size_t kMaxSafeName = 200;

struct Range {
  char32_t first, last;
};

// Sorted. Controls, format and bidirectional controls, zero-width and blank-looking characters, variation selectors,
// tags, noncharacters.
constexpr std::array<Range, 25> kHidden = {{
    {0x0000, 0x001F},   {0x007F, 0x009F},   {0x00AD, 0x00AD},   {0x034F, 0x034F},   {0x061C, 0x061C},
    {0x115F, 0x1160},   {0x17B4, 0x17B5},   {0x180B, 0x180F},   {0x200B, 0x200F},   {0x2028, 0x202E},
    {0x2060, 0x206F},   {0x2800, 0x2800},   {0x3164, 0x3164},   {0xD800, 0xDFFF},   {0xFDD0, 0xFDEF},
    {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},   {0xFFF0, 0xFFFB},   {0xFFFE, 0xFFFF},
    {0x13430, 0x1345F}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF}, {0x110000, 0xFFFFFFFF},
}};

void append(std::string& out, char32_t c) {
  const auto put = [&out](char32_t b) { out.push_back(static_cast<char>(b)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | c >> 6);
    put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3F));
    put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | c >> 18);
    put(0x80 | (c >> 12 & 0x3F));
    put(0x80 | (c >> 6 & 0x3F));
    put(0x80 | (c & 0x3F));
  }
}

bool is_line_break(char32_t c) {
  return c == '\n' || c == '\r' || c == 0x85 || c == 0x2028 || c == 0x2029;
}

std::string clean(std::string_view text, char line_break) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const char32_t c = next_code_point(text, i);
    if (is_line_break(c)) {
      if (c == '\r' && i < text.size() && text[i] == '\n') ++i;
      out.push_back(line_break);
    } else if (c == '\t') {
      out.push_back(' ');
    } else if (printable(c)) {
      append(out, c);
    }
  }
  return out;
}

// Shortens to `limit` bytes without cutting a character.
void cut(std::string& s, size_t limit) {
  if (s.size() <= limit) return;
  while (limit > 0 && (static_cast<unsigned char>(s[limit]) & 0xC0u) == 0x80u) --limit;
  s.resize(limit);
}

}  // namespace

bool printable(char32_t c) {
  const auto* r =
      std::lower_bound(kHidden.begin(), kHidden.end(), c, [](const Range& a, char32_t v) { return a.last < v; });
  if (r != kHidden.end() && c >= r->first) return false;
  return (c & 0xFFFE) != 0xFFFE;
}

char32_t next_code_point(std::string_view s, size_t& i) {
  const auto byte = [&s](size_t k) { return static_cast<unsigned char>(s[k]); };
  const unsigned char lead = byte(i++);
  if (lead < 0x80) return lead;
  const size_t more = lead >= 0xC2 && lead <= 0xDF   ? 1
                      : lead >= 0xE0 && lead <= 0xEF ? 2
                      : lead >= 0xF0 && lead <= 0xF4 ? 3
                                                     : 0;
  if (more == 0 || s.size() - i < more) return kReplacement;
  char32_t c = lead & (0x3Fu >> more);
  for (size_t k = 0; k < more; ++k) {
    if ((byte(i + k) & 0xC0u) != 0x80u) return kReplacement;
    c = c << 6 | (byte(i + k) & 0x3Fu);
  }
  static constexpr std::array<char32_t, 4> kLeast = {0, 0x80, 0x800, 0x10000};
  if (c < kLeast[more] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) return kReplacement;
  i += more;
  return c;
}

std::string sanitise(std::string_view text) {
  return clean(text, '\n');
}

std::string sanitise_line(std::string_view text) {
  const std::string out = clean(text, ' ');
  const size_t first = out.find_first_not_of(' ');
  if (first == std::string::npos) return {};
  return out.substr(first, out.find_last_not_of(' ') - first + 1);
}

std::string safe_file_name(std::string_view name) {
  std::string out = sanitise_line(name);
  if (const size_t slash = out.find_last_of("/\\"); slash != std::string::npos) out.erase(0, slash + 1);
  for (char& c : out) {
    if (std::string_view(":*?\"<>|`$").find(c) != std::string_view::npos) c = '_';
  }
  out.erase(0, std::min(out.find_first_not_of(" .-~"), out.size()));
  out.resize(out.find_last_not_of(" .") + 1);
  if (out.size() > kMaxSafeName) {
    const size_t dot = out.rfind('.');
    std::string extension = dot != std::string::npos && out.size() - dot <= 16 ? out.substr(dot) : "";
    cut(out, kMaxSafeName - extension.size());
    out.resize(out.find_last_not_of(" .") + 1);
    out += extension;
  }
  return out.empty() ? "file" : out;
}

}  // namespace fastchat::e2e
