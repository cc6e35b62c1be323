// Text on a terminal's grid: how many columns it takes, cutting and wrapping it. Wide characters take two columns,
// combining ones none. A character that people see as one is never cut. Pure; the text is UTF-8 and already sanitised.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fastchat::tui {

// Columns of one code point: 0, 1 or 2 (by the C library's tables, as ncurses counts; 1 when they do not know it).
int width_of(char32_t c);
int width_of(std::string_view text);

// The end of the character (a grapheme cluster) that begins at i, and the beginning of the one that ends at i.
size_t next_character(std::string_view text, size_t i);
size_t previous_character(std::string_view text, size_t i);
// Bytes of a character that take at most `columns`, for one that is wider than a line; one code point at least.
size_t fitting(std::string_view character, int columns);

// At most `columns` columns of it; a cut is marked with an ellipsis when there is room for one.
std::string clip(std::string_view text, int columns);
// clip(), then blanks up to exactly `columns`.
std::string pad(std::string_view text, int columns);
// Lines of at most `columns` columns (at least 1): at line feeds, else between words, else anywhere. Never empty.
std::vector<std::string> wrap(std::string_view text, int columns);
// The same where `taken` stands on the first line already; it is not in the answer.
std::vector<std::string> wrap_after(std::string_view taken, std::string_view text, int columns);

// Each tab becomes the blanks up to the next stop of 8 columns, counted from the beginning of its line.
std::string expand_tabs(std::string_view text);
inline constexpr int kTabStop = 8;

std::string encode(char32_t c);

// The words between blanks, tabs and line ends.
std::vector<std::string> split_words(const std::string& text);

}  // namespace fastchat::tui
