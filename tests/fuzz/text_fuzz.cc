// Text on a terminal's grid: the first byte is a number of columns, the rest a text, as it comes and sanitised. Nothing
// is wider than asked, padding is exact, nothing is lost by wrapping but blanks where a line breaks, and every byte
// belongs to one character.
#include "client/tui/terminal/text.h"

#include <algorithm>
#include <clocale>

#include "client/e2e/sanitise.h"
#include "client/e2e/unicode.h"
#include "tests/fuzz/fuzz.h"

namespace fastchat::fuzz {
namespace {

using namespace tui;

std::string without_blanks(std::string_view text) {
  std::string out;
  std::copy_if(text.begin(), text.end(), std::back_inserter(out),
               [](char c) { return c != ' ' && c != '\t' && c != '\n'; });
  return out;
}

void check_characters(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    size_t end = i;
    e2e::next_code_point(text, end);
    FC_CHECK(end > i && end <= text.size());
    const size_t next = next_character(text, i);
    FC_CHECK(next >= end && next <= text.size());
    FC_CHECK(previous_character(text, next) == i);
    i = next;
  }
}

void check_wrap(std::string_view text, int columns) {
  std::string joined;
  const auto lines = wrap(text, columns);
  FC_CHECK(!lines.empty());
  for (const std::string& line : lines) {
    // One character may be wider than the line.
    FC_CHECK(width_of(line) <= std::max(columns, 2));
    FC_CHECK(line.find('\n') == std::string::npos);
    joined += line;
  }
  FC_CHECK(without_blanks(joined) == without_blanks(text));
}

void check(std::string_view text, int columns) {
  check_characters(text);
  FC_CHECK(width_of(clip(text, columns)) <= columns);
  FC_CHECK(width_of(pad(text, columns)) == columns);
  if (width_of(text) <= columns) FC_CHECK(clip(text, columns) == text);
  check_wrap(text, columns);
}

}  // namespace
}  // namespace fastchat::fuzz

FC_FUZZ(text) {
  std::setlocale(LC_CTYPE, "C.UTF-8");
  if (input.empty()) return;
  const int columns = 1 + static_cast<uint8_t>(input[0]) % 100;
  const std::string clean = e2e::sanitise(input.substr(1));
  check(clean, columns);
  check(e2e::sanitise_line(clean), columns);
  const std::string expanded = expand_tabs(clean);
  FC_CHECK(expanded.find('\t') == std::string::npos && without_blanks(expanded) == without_blanks(clean));
  check(expanded, columns);
  check_characters(input.substr(1));
}
