// Pages that are a list of choices: the welcome and the main menu.
#pragma once

#include <string>
#include <vector>

#include "client/tui/page.h"

namespace fastchat::tui {

class MenuPage : public Page {
 public:
  struct Choice {
    char32_t letter;
    std::string text;
    PageName page;
    enum class Act { kGo, kLogOut, kQuit } act = Act::kGo;
  };
  MenuPage(Desk& desk, std::string title, std::vector<std::string> lines, std::vector<Choice> choices, bool may_leave)
      : desk_(desk),
        title_(std::move(title)),
        lines_(std::move(lines)),
        choices_(std::move(choices)),
        may_leave_(may_leave) {}
  void draw(Frame& frame) const override;
  void press(const Key& key) override;

 private:
  void choose(const Choice& choice);
  Desk& desk_;
  std::string title_;
  std::vector<std::string> lines_;
  std::vector<Choice> choices_;
  bool may_leave_;
  size_t at_ = 0;
};

}  // namespace fastchat::tui
