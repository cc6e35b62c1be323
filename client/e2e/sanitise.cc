#include "client/e2e/sanitise.h"

#include <algorithm>
#include <array>

#include "client/e2e/unicode.h"

namespace fastchat::e2e {
namespace {

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

}  // namespace

bool printable(char32_t c) {
  const auto* r =
      std::lower_bound(kHidden.begin(), kHidden.end(), c, [](const Range& a, char32_t v) { return a.last < v; });
  if (r != kHidden.end() && c >= r->first) return false;
  return (c & 0xFFFE) != 0xFFFE;
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
    out.resize(cut(out, kMaxSafeName - extension.size()).size());
    out.resize(out.find_last_not_of(" .") + 1);
    out += extension;
  }
  return out.empty() ? "file" : out;
}

}  // namespace fastchat::e2e
