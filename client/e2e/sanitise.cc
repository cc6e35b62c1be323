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

// Ranges of hidden characters, sorted: controls, format and bidirectional controls, zero-width and blank-looking
// characters, variation selectors, tags, noncharacters.
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

// Returns true for U+200C and U+200D, which the spelling of cursive scripts uses.
bool is_joiner(char32_t c) {
  return c == 0x200C || c == 0x200D;
}

enum class Joiners { kRemove, kKeep };

std::string clean(std::string_view text, char line_break, char tab, Joiners joiners) {
  std::string out;
  out.reserve(text.size());
  char32_t before = 0;  // the last character kept
  char32_t joiner = 0;  // the first joiner since `before`, when `before` is a letter
  for (size_t i = 0; i < text.size();) {
    const char32_t c = next_code_point(text, i);
    if (is_line_break(c)) {
      if (c == '\r' && i < text.size() && text[i] == '\n') ++i;
      out.push_back(line_break);
    } else if (c == '\t') {
      out.push_back(tab);
    } else if (printable(c)) {
      if (joiner != 0 && is_letter(c)) append(out, joiner);
      append(out, c);
    } else {
      const bool keeps = joiners == Joiners::kKeep && is_joiner(c) && joiner == 0;
      if (keeps && is_letter(before)) joiner = c;
      continue;
    }
    before = c;
    joiner = 0;
  }
  return out;
}

void append_escape(std::string& out, uint32_t unit) {
  constexpr char kDigits[] = "0123456789abcdef";
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += kDigits[(unit >> shift) & 0xF];
}

std::string trimmed(const std::string& line) {
  const size_t first = line.find_first_not_of(' ');
  if (first == std::string::npos) return {};
  return line.substr(first, line.find_last_not_of(' ') - first + 1);
}

}  // namespace

bool printable(char32_t c) {
  const auto* r =
      std::lower_bound(kHidden.begin(), kHidden.end(), c, [](const Range& a, char32_t v) { return a.last < v; });
  if (r != kHidden.end() && c >= r->first) return false;
  return (c & 0xFFFE) != 0xFFFE;
}

std::string sanitise(std::string_view text) {
  return clean(text, '\n', '\t', Joiners::kKeep);
}

std::string sanitise_line(std::string_view text) {
  return trimmed(clean(text, ' ', ' ', Joiners::kRemove));
}

std::string sanitise_as_line(std::string_view text) {
  return trimmed(clean(text, ' ', ' ', Joiners::kKeep));
}

bool shows_something(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const char32_t c = next_code_point(text, i);
    if (printable(c) && is_visible(c)) return true;
  }
  return false;
}

std::string escape_hidden(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  for (size_t i = 0; i < json.size();) {
    const char32_t c = next_code_point(json, i);
    if (printable(c) || c == '\n') {
      append(out, c);
    } else if (c < 0x10000) {
      append_escape(out, c);
    } else {
      append_escape(out, 0xD800 + ((c - 0x10000) >> 10));
      append_escape(out, 0xDC00 + ((c - 0x10000) & 0x3FF));
    }
  }
  return out;
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
