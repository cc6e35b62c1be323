#include "client/tui/menu_page.h"

#include "client/tui/text.h"

namespace fastchat::tui {

void draw_title(Frame& frame, const std::string& title) {
  frame.put(0, pad(" " + title, frame.width), Style::kReverse);
}

void MenuPage::draw(Frame& frame) const {
  draw_title(frame, title_);
  int y = 2;
  for (const auto& line : lines_) {
    for (const auto& piece : wrap(line, frame.width - 4)) frame.put(y++, "  " + piece);
  }
  if (!lines_.empty()) ++y;
  for (size_t i = 0; i < choices_.size(); ++i) {
    const std::string text = std::string(i == at_ ? "> " : "  ") + encode(choices_[i].letter) + "  " + choices_[i].text;
    frame.put(y++, clip("  " + text, frame.width), i == at_ ? Style::kBold : Style::kPlain);
  }
  frame.put(frame.height - 3, clip("  Up and Down, Enter, or the letter", frame.width), Style::kDim);
}

void MenuPage::press(const Key& key) {
  const size_t n = choices_.size();
  if (key.kind == KeyKind::kUp) at_ = (at_ + n - 1) % n;
  if (key.kind == KeyKind::kDown || key.kind == KeyKind::kTab) at_ = (at_ + 1) % n;
  if (key.kind == KeyKind::kEnter) return choose(choices_[at_]);
  if (key.kind == KeyKind::kEscape && may_leave_) return desk_.go(PageName::kMenu);
  for (const auto& choice : choices_) {
    if (key.kind == KeyKind::kCharacter && key.character == choice.letter) return choose(choice);
  }
}

void MenuPage::choose(const Choice& choice) {
  switch (choice.act) {
    case Choice::Act::kGo:
      return desk_.go(choice.page);
    case Choice::Act::kLogOut:
      return desk_.log_out();
    case Choice::Act::kQuit:
      return desk_.quit();
  }
}

}  // namespace fastchat::tui
