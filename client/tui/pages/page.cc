#include "client/tui/pages/page.h"

#include <algorithm>

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
  return key.kind == KeyKind::kCharacter && !key.alt && key.character == 'y';
}

}  // namespace fastchat::tui
