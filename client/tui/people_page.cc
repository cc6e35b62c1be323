#include "client/tui/people_page.h"

#include <algorithm>

#include "client/tui/text.h"

namespace fastchat::tui {

std::vector<store::Conversation> PeoplePage::matching() const {
  std::vector<store::Conversation> out;
  for (const auto& c : all_) {
    if (c.peer.find(name_.text()) != std::string::npos) out.push_back(c);
  }
  return out;
}

void PeoplePage::draw(Frame& frame) {
  draw_title(frame, "Direct message");
  const std::string label = "  To ";
  const auto shown = name_.show(frame.width - width_of(label) - 1);
  frame.put(2, label, Style::kBold);
  frame.put(2, shown.text);
  frame.cursor_row = 2;
  frame.cursor_column = width_of(label) + shown.cursor;
  const auto list = matching();
  const int room = frame.height - 8;
  const size_t from =
      at_ >= static_cast<size_t>(std::max(room, 1)) ? at_ + 1 - static_cast<size_t>(std::max(room, 1)) : 0;
  for (int y = 0; y < room && from + static_cast<size_t>(y) < list.size(); ++y) {
    const size_t i = from + static_cast<size_t>(y);
    std::string text = std::string(i == at_ ? "  > " : "    ") + list[i].peer;
    if (list[i].unseen > 0) text += "  (" + std::to_string(list[i].unseen) + " new)";
    frame.put(4 + y, clip(text, frame.width), i == at_ ? Style::kBold : Style::kPlain);
  }
  if (all_.empty())
    frame.put(4, clip("  Nobody yet: type the name of the person to write to.", frame.width), Style::kDim);
  draw_hint(frame, "Type a name or pick one with Up and Down, Enter opens, Esc back");
}

void PeoplePage::press(const Key& key) {
  const auto list = matching();
  if (key.kind == KeyKind::kEscape) return desk_.back();
  if (key.kind == KeyKind::kUp && at_ > 0) {
    --at_;
  } else if (key.kind == KeyKind::kDown && at_ + 1 < list.size()) {
    ++at_;
  } else if (key.kind == KeyKind::kEnter) {
    const std::string& typed = name_.text();
    const bool exact = std::any_of(list.begin(), list.end(), [&](const auto& c) { return c.peer == typed; });
    if (at_ < list.size() && !exact) return desk_.chat(list[at_].peer);
    if (!typed.empty()) return desk_.chat(typed);
  } else if (name_.press(key)) {
    at_ = 0;
  }
}

}  // namespace fastchat::tui
