#include "client/tui/pages/page.h"

#include <algorithm>

#include "client/tui/pages/vi_line.h"
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

void draw_hint(Frame& frame, const std::string& text) {
  frame.row(frame.height - 2).clear();
  frame.put(frame.height - 2, clip(" " + text, frame.width), Style::kDim);
}

void LinePage::draw_line_hint(Frame& frame, const std::string& text) const {
  draw_hint(frame, in_list_ ? std::string(kNormalMark) + "  j k g G, Enter, i, Esc back" : text);
  if (in_list_) frame.cursor_row = -1;
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
