// Measures, cuts and wraps text on a terminal's grid. Wide characters take two columns, combining ones none. A
// character (a grapheme cluster) is never cut unless it is wider than a line. Pure; the text is UTF-8 and already
// sanitised.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fastchat::tui {

// Returns the columns of one code point: 0, 1 or 2, by the C library's tables, as ncurses counts. Returns 1 for a code
// point that the tables lack.
int width_of(char32_t c);
int width_of(std::string_view text);

// Return the end of the character (a grapheme cluster) that begins at i, and the beginning of the one that ends at i.
size_t next_character(std::string_view text, size_t i);
size_t previous_character(std::string_view text, size_t i);
// Returns the number of bytes of a character that take at most `columns` columns, one code point at least. For a
// character that is wider than a line.
size_t fitting(std::string_view character, int columns);

// Returns at most `columns` columns of the text. Marks a cut with an ellipsis when there is room for one.
std::string clip(std::string_view text, int columns);
// Returns clip() with blanks up to exactly `columns`.
std::string pad(std::string_view text, int columns);
// Returns the lines of a text, of at most `columns` columns (at least 1): broken at line feeds, else between words,
// else anywhere. Never empty.
std::vector<std::string> wrap(std::string_view text, int columns);
// Wraps as wrap() does when `taken` stands on the first line already. `taken` is not in the result.
std::vector<std::string> wrap_after(std::string_view taken, std::string_view text, int columns);
// Wraps items that stand two blanks apart in `text` to lines of at most `columns` columns. An item stands on one line
// unless it is wider than a line.
std::vector<std::string> wrap_items(std::string_view text, int columns);

// Replaces each tab by the blanks up to the next stop of 8 columns, counted from the beginning of its line.
std::string expand_tabs(std::string_view text);
inline constexpr int kTabStop = 8;

std::string encode(char32_t c);

// Returns the words between blanks, tabs and line ends.
std::vector<std::string> split_words(const std::string& text);

}  // namespace fastchat::tui
