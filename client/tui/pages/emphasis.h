// Marks that people type around words: *bold*, _italic_, `code`, and ``` on lines of their own around a block of code.
// The marks stay in the text: nothing of what was written is lost. Pure.
#pragma once

#include <string_view>
#include <vector>

namespace fastchat::tui {

struct Emphasis {
  enum class Kind { kBold, kItalic, kCode };
  size_t begin = 0, end = 0;  // bytes of the text, the marks included
  Kind kind = Kind::kBold;
};

// Returns the marked parts of a text, in the order of their beginnings, at most 500. A mark opens before a character
// that is no blank, and behind a blank, an opening bracket, a quotation mark or the start of a line. A mark closes
// behind a character that is no blank, and before a blank, punctuation or the end of the line. Bold and italic may
// overlap. Inside code nothing else is marked.
std::vector<Emphasis> emphasis_in(std::string_view text);

}  // namespace fastchat::tui
