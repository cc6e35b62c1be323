// Text from others. For any bytes the result is UTF-8, holds no control, escape or bidirectional character, and
// sanitising it again changes nothing. A line has no line break and no blank at its ends. A file name is one component
// that no folder takes for another and no shell for an option.
#include "client/e2e/sanitise.h"

#include "client/e2e/unicode.h"
#include "client/search/text_fold.h"
#include "tests/fuzz/fuzz.h"

namespace fastchat::fuzz {
namespace {

using namespace e2e;

bool forbidden(char32_t c) {
  return (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7F && c <= 0x9F) || c == 0x61C || c == 0x200E || c == 0x200F ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || (c >= 0xD800 && c <= 0xDFFF);
}

bool inoffensive(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    if (forbidden(next_code_point(text, i))) return false;
  }
  return valid_utf8(text);
}

void check_name(const std::string& name) {
  FC_CHECK(inoffensive(name) && !name.empty() && name.size() <= 200);
  FC_CHECK(name.find_first_of("/\\\n") == std::string::npos);
  FC_CHECK(name[0] != '.' && name[0] != '-' && name[0] != ' ' && name[0] != '~');
  FC_CHECK(name.back() != ' ' && name.back() != '.');
  FC_CHECK(safe_file_name(name) == name);
}

// Checks that composed and decomposed texts fold alike, and that a hit in the folded text is a place between characters
// of the text.
void check_fold(std::string_view text) {
  const std::string small = folded(text);
  if (!valid_utf8(text)) return;
  FC_CHECK(valid_utf8(small));
  for (const NormalForm form : {NormalForm::kComposed, NormalForm::kDecomposed}) {
    FC_CHECK(folded(normalise(text, form)->view()) == small);
  }
  const auto place = client::find_folded(text, std::string_view(small).substr(small.size() / 2));
  FC_CHECK(place && place->begin <= place->end && place->end <= text.size());
  FC_CHECK(place->begin == 0 || cluster_end(text, cluster_before(text, place->begin)) == place->begin);
}

}  // namespace
}  // namespace fastchat::fuzz

FC_FUZZ(sanitise) {
  size_t places = 0;
  for (size_t i = 0; i < input.size(); ++places) {
    const size_t before = i;
    const char32_t c = next_code_point(input, i);
    FC_CHECK(i > before && i <= before + 4 && c <= 0x10FFFF);
  }
  const std::string text = sanitise(input), line = sanitise_line(input);
  FC_CHECK(inoffensive(text) && sanitise(text) == text);
  FC_CHECK(inoffensive(line) && sanitise_line(line) == line && line.find_first_of("\n\t") == std::string::npos);
  FC_CHECK(line.empty() || (line.front() != ' ' && line.back() != ' '));
  check_name(safe_file_name(input));
  const std::string as_line = sanitise_as_line(input), escaped = escape_hidden(input);
  FC_CHECK(inoffensive(as_line) && sanitise_as_line(as_line) == as_line && sanitise_line(as_line) == line);
  FC_CHECK(inoffensive(escaped) && escaped.find('\t') == std::string::npos && escape_hidden(escaped) == escaped);
  check_fold(input);
  check_fold(text);
}
