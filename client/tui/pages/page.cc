#include "client/tui/pages/page.h"

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

}  // namespace fastchat::tui
