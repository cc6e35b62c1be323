#include "client/tui/pages/page.h"

#include <algorithm>
#include <string_view>

#include "client/tui/pages/hints.h"
#include "client/tui/terminal/text.h"

namespace fastchat::tui {

void draw_title(Frame& frame, const std::string& title, const std::string& right) {
  const int room = frame.width - width_of(right) - 1;
  if (room < 8 || right.empty()) {
    frame.put(0, pad(" " + title, frame.width), Style::kBar);
  } else {
    frame.put(0, pad(" " + title, room) + right + " ", Style::kBar);
  }
}

std::vector<std::string> hint_rows(const std::string& hint, int width, size_t most) {
  static constexpr std::string_view kBetween = ", ";
  std::vector<std::string> parts = {""};
  for (size_t at = 0; at < hint.size();) {
    const size_t end = std::min(hint.find(kBetween, at), hint.size());
    parts.back() = hint.substr(at, end - at);
    at = end + kBetween.size();
    if (at < hint.size()) parts.emplace_back();
  }
  for (;;) {
    std::vector<std::string> rows = {parts.front()};
    for (size_t i = 1; i < parts.size(); ++i) {
      const bool last = i + 1 == parts.size();
      const bool fits = width_of(rows.back()) + width_of(parts[i]) + (last ? 2 : 3) <= width;
      rows.back() += fits ? kBetween : ",";
      if (!fits) rows.emplace_back();
      rows.back() += parts[i];
    }
    if (rows.size() <= most || parts.size() == 1) return rows;
    parts.erase(parts.size() > 2 ? parts.end() - 2 : parts.begin());
  }
}

void draw_hint(Frame& frame, const std::string& text) {
  const bool two = frame.height >= 4 && frame.row(frame.height - 3).empty();
  const std::vector<std::string> rows = hint_rows(text, frame.width - 1, two ? 2 : 1);
  int y = frame.height - 1 - static_cast<int>(rows.size());
  for (const std::string& row : rows) {
    frame.row(y).clear();
    frame.put(y++, clip(" " + row, frame.width), Style::kDim);
  }
}

void LinePage::draw_line_hint(Frame& frame, const std::string& text) const {
  draw_hint(frame, in_list_ ? hint::kListOfLine : text);
  if (in_list_) frame.cursor_row = -1;
}

bool begins_line(char32_t letter) {
  return letter == U'i' || letter == U'a' || letter == U'/';
}

bool move_in_list(const Key& key, size_t n, size_t& at, bool ends) {
  constexpr size_t kPage = 10;
  const size_t last = n == 0 ? 0 : n - 1;
  if (key.alt) return false;
  if (key.kind == KeyKind::kUp || key.kind == KeyKind::kWheelUp) {
    at -= std::min<size_t>(at, 1);
  } else if (key.kind == KeyKind::kDown || key.kind == KeyKind::kWheelDown) {
    at = std::min(at + 1, last);
  } else if (key.kind == KeyKind::kPageUp) {
    at -= std::min(at, kPage);
  } else if (key.kind == KeyKind::kPageDown) {
    at = std::min(at + kPage, last);
  } else if (ends && (key.kind == KeyKind::kHome || key.kind == KeyKind::kEnd)) {
    at = key.kind == KeyKind::kHome ? 0 : last;
  } else {
    return false;
  }
  return true;
}

void draw_question(Frame& frame, const std::string& question) {
  const auto lines = wrap(question + " y n", std::max(8, frame.width - 2));
  int y = frame.height - 1 - static_cast<int>(lines.size());
  for (const std::string& line : lines) {
    if (y >= 1) {
      frame.row(y).clear();
      frame.put(y, " " + line, Style::kWarn);
    }
    ++y;
  }
}

bool says_yes(const Key& key) {
  return key.kind == KeyKind::kCharacter && !key.alt && (key.character == 'y' || key.character == 'Y');
}

bool says_no(const Key& key) {
  const bool letter = key.kind == KeyKind::kCharacter && !key.alt;
  return key.kind == KeyKind::kEscape || (letter && (key.character == 'n' || key.character == 'N'));
}

}  // namespace fastchat::tui
