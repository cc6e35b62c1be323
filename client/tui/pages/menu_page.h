// Pages that are a list of choices: the welcome and the main menu. Arrows, letters and the mouse choose. A choice that
// ends something asks first.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "client/tui/pages/page.h"
#include "client/tui/ports/accounts.h"
#include "client/tui/ports/screen.h"

namespace fastchat::tui {

class MenuPage : public Page {
 public:
  struct Choice {
    char32_t letter;
    std::string text;
    std::function<void()> act;
    std::string question = {};  // asked before act; empty: act runs at once
  };
  // `escape`: the action of Esc.
  MenuPage(std::string title, std::vector<std::string> lines, std::vector<Choice> choices, std::function<void()> escape)
      : title_(std::move(title)), lines_(std::move(lines)), choices_(std::move(choices)), escape_(std::move(escape)) {}
  void draw(Frame& frame) override;
  void press(const Key& key) override;
  bool uses(char32_t letter) const override;

 private:
  void choose(size_t i);

  std::string title_;
  std::vector<std::string> lines_;
  std::vector<Choice> choices_;
  std::function<void()> escape_;
  size_t at_ = 0;
  bool asking_ = false;  // about the choice at_
  int first_row_ = 2;    // of the choices, as drawn last
  size_t first_ = 0;     // index of the choice on that row
  size_t shown_ = 0;
};

std::unique_ptr<Page> welcome_menu(Screen& screen);
std::unique_ptr<Page> main_menu(Screen& screen, Accounts& accounts);

}  // namespace fastchat::tui
