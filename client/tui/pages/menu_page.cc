#include "client/tui/pages/menu_page.h"

#include <algorithm>

#include "client/tui/pages/hints.h"
#include "client/tui/terminal/text.h"

namespace fastchat::tui {

std::unique_ptr<Page> welcome_menu(Screen& screen) {
  std::vector<MenuPage::Choice> choices = {
      {'s', "Sign up: create an account", [&screen] { screen.open(PageName::kSignUp); }},
      {'l', "Log in: use your account", [&screen] { screen.open(PageName::kLogIn); }},
      {'q', "Quit", [&screen] { screen.quit(); }},
  };
  return std::make_unique<MenuPage>("FastChat",
                                    std::vector<std::string>{"End-to-end encrypted chat on a server of your own."},
                                    std::move(choices), [] {});
}

std::unique_ptr<Page> main_menu(Screen& screen, Accounts& accounts) {
  const auto opens = [&screen](PageName page, const std::string& argument = "") {
    return [&screen, page, argument] { screen.open(page, argument); };
  };
  std::vector<MenuPage::Choice> choices = {
      {'d', "Direct message", opens(PageName::kPeople)},
      {'g', "Group message", opens(PageName::kGroups)},
      {'s', "Group settings", opens(PageName::kGroups, "settings")},
      {'r', "Requests of strangers", opens(PageName::kRequests)},
      {'f', "Find in messages", opens(PageName::kSearch)},
      {'v', "Devices", opens(PageName::kDevices)},
      {'p', "Password: change it", opens(PageName::kPassword)},
      {'w', "Quarantined messages", opens(PageName::kQuarantine)},
      {'h', "Help: keys and commands", opens(PageName::kHelp)},
      {'o', "Log out on this device", [&accounts] { accounts.log_out(); },
       "Log out and quit? This device forgets its secrets. Messages and drafts stay on the disk, sealed; your password "
       "opens them again."},
      {'x', "Delete the account", opens(PageName::kDeleteAccount),
       "Delete your account for ever? All your devices are logged out, you leave your groups, and nobody gets your "
       "name "
       "again."},
      {'q', "Quit", [&screen] { screen.quit(); }, "Quit? Messages and drafts stay on the disk."},
  };
  return std::make_unique<MenuPage>("Menu", std::vector<std::string>{}, std::move(choices),
                                    [&screen] { screen.back(); });
}

void MenuPage::draw(Frame& frame) {
  draw_title(frame, title_);
  int y = frame.height >= 14 ? 2 : 1;
  for (const auto& line : lines_) {
    for (const auto& piece : wrap(line, frame.width - 4)) frame.put(y++, "  " + piece);
  }
  if (!lines_.empty()) ++y;
  first_row_ = y;
  const size_t room = static_cast<size_t>(std::max(1, frame.height - 2 - y));
  first_ = at_ >= room ? at_ + 1 - room : 0;
  shown_ = std::min(room, choices_.size() - first_);
  for (size_t i = first_; i < first_ + shown_; ++i) {
    const std::string text = std::string(i == at_ ? "> " : "  ") + encode(choices_[i].letter) + "  " + choices_[i].text;
    frame.put(y++, clip("  " + text, frame.width), i == at_ ? Style::kBold : Style::kPlain);
  }
  if (asking_) return draw_question(frame, choices_[at_].question);
  draw_hint(frame, hint::kMenu);
}

void MenuPage::choose(size_t i) {
  at_ = i;
  asking_ = !choices_[i].question.empty();
  if (!asking_) choices_[i].act();
}

bool MenuPage::uses(char32_t letter) const {
  return std::any_of(choices_.begin(), choices_.end(), [&](const Choice& choice) { return choice.letter == letter; });
}

void MenuPage::press(const Key& key) {
  const size_t n = choices_.size();
  if (asking_) {
    asking_ = false;
    if (says_yes(key)) choices_[at_].act();
    return;
  }
  if (key.kind == KeyKind::kUp || key.kind == KeyKind::kWheelUp) at_ = (at_ + n - 1) % n;
  if (key.kind == KeyKind::kDown || key.kind == KeyKind::kTab || key.kind == KeyKind::kWheelDown) at_ = (at_ + 1) % n;
  if (key.kind == KeyKind::kHome || key.kind == KeyKind::kPageUp) at_ = 0;
  if (key.kind == KeyKind::kEnd || key.kind == KeyKind::kPageDown) at_ = n - 1;
  if (key.kind == KeyKind::kEnter && !key.alt) return choose(at_);
  if (key.kind == KeyKind::kEscape) return escape_();
  if (key.kind == KeyKind::kClick && key.y >= first_row_ && key.y < first_row_ + static_cast<int>(shown_)) {
    return choose(first_ + static_cast<size_t>(key.y - first_row_));
  }
  for (size_t i = 0; i < n; ++i) {
    if (key.kind == KeyKind::kCharacter && !key.alt && key.character == choices_[i].letter) return choose(i);
  }
}

}  // namespace fastchat::tui
