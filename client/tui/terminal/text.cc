#include "client/tui/terminal/text.h"

#include <wchar.h>

#include <algorithm>

#include "client/e2e/unicode.h"

namespace fastchat::tui {

int width_of(char32_t c) {
  const int w = wcwidth(static_cast<wchar_t>(c));
  return w < 0 ? 1 : w;
}

int width_of(std::string_view text) {
  int n = 0;
  for (size_t i = 0; i < text.size();) {
    n += width_of(e2e::next_code_point(text, i));
  }
  return n;
}

size_t next_character(std::string_view text, size_t i) {
  return e2e::cluster_end(text, i);
}

size_t previous_character(std::string_view text, size_t i) {
  return e2e::cluster_before(text, i);
}

size_t fitting(std::string_view character, int columns) {
  size_t fits = 0;
  int used = 0;
  for (size_t end = 0; end < character.size(); fits = end) {
    used += width_of(e2e::next_code_point(character, end));
    if (used > columns && fits > 0) return fits;
  }
  return fits;
}

std::string clip(std::string_view text, int columns) {
  if (width_of(text) <= columns) return std::string(text);
  const int room = columns > 1 ? columns - 1 : columns;
  std::string out;
  int used = 0;
  for (size_t i = 0; i < text.size();) {
    const size_t end = next_character(text, i);
    const int w = width_of(text.substr(i, end - i));
    if (used + w > room) break;
    out.append(text.substr(i, end - i));
    used += w;
    i = end;
  }
  if (columns > 1) out += "…";
  return out;
}

std::string pad(std::string_view text, int columns) {
  std::string out = clip(text, columns);
  for (int w = width_of(out); w < columns; ++w) out += ' ';
  return out;
}

namespace {

// Returns the number of bytes of `text` that go on a line of `columns`. Breaks at a blank when there is one.
size_t line_end(std::string_view text, int columns) {
  int used = 0;
  size_t i = 0, blank = 0;
  while (i < text.size()) {
    const size_t end = next_character(text, i);
    const int w = width_of(text.substr(i, end - i));
    if (used + w > columns) {
      if (text[i] == ' ') return i;
      if (i == 0) return fitting(text.substr(0, end), columns);
      return blank > 0 ? blank : i;
    }
    if (text[i] == ' ') blank = end;
    used += w;
    i = end;
  }
  return text.size();
}

}  // namespace

std::vector<std::string> wrap(std::string_view text, int columns) {
  return wrap_after("", text, columns);
}

std::vector<std::string> wrap_after(std::string_view taken, std::string_view text, int columns) {
  if (columns < 1) columns = 1;
  int room = std::max(1, columns - width_of(taken));
  std::vector<std::string> out;
  for (;;) {
    const size_t lf = text.find('\n');
    std::string_view line = text.substr(0, lf);
    do {
      const size_t end = line_end(line, room);
      std::string_view piece = line.substr(0, end);
      while (end < line.size() && !piece.empty() && piece.back() == ' ') piece.remove_suffix(1);
      out.emplace_back(piece);
      line.remove_prefix(end);
      while (!line.empty() && line.front() == ' ' && end > 0) line.remove_prefix(1);
      room = columns;
    } while (!line.empty());
    if (lf == std::string_view::npos) return out;
    text.remove_prefix(lf + 1);
  }
}

std::vector<std::string> wrap_items(std::string_view text, int columns) {
  constexpr std::string_view kBetween = "  ";
  std::vector<std::string> out;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(kBetween, at), text.size());
    const std::string_view item = text.substr(at, end - at);
    at = end + kBetween.size();
    const int with = out.empty() ? 0 : width_of(out.back()) + width_of(kBetween) + width_of(item);
    if (!out.empty() && with <= columns) {
      out.back() += std::string(kBetween) + std::string(item);
    } else {
      for (std::string& line : wrap(item, columns)) out.push_back(std::move(line));
    }
  }
  return out;
}

std::string expand_tabs(std::string_view text) {
  std::string out;
  int column = 0;
  for (size_t i = 0; i < text.size();) {
    const size_t end = next_character(text, i);
    const std::string_view character = text.substr(i, end - i);
    i = end;
    if (character == "\t") {
      const int blanks = kTabStop - column % kTabStop;
      out.append(static_cast<size_t>(blanks), ' ');
      column += blanks;
      continue;
    }
    out += character;
    column = character[0] == '\n' ? 0 : column + width_of(character);
  }
  return out;
}

std::string encode(char32_t c) {
  std::string out;
  e2e::append(out, c);
  return out;
}

std::vector<std::string> split_words(const std::string& text) {
  std::vector<std::string> out;
  for (size_t at = 0; at < text.size();) {
    const size_t from = text.find_first_not_of(" \t\n", at);
    if (from == std::string::npos) break;
    const size_t end = std::min(text.find_first_of(" \t\n", from), text.size());
    out.push_back(text.substr(from, end - from));
    at = end;
  }
  return out;
}

}  // namespace fastchat::tui
