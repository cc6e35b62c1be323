// The themes of the user: tables [themes.NAME] of the configuration. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "client/tui/terminal/user_looks.h"
#include "common/config.h"

namespace fastchat::tui {

class UserThemes {
 public:
  static constexpr size_t kMost = 100;

  struct Theme {
    std::string base = "dark";  // dark or light
    UserLooks looks;
    std::vector<std::string> warnings;  // texts that are hard to read, each a line with its place
  };

  // Takes a table: `base`, and a look under each name of UserLooks. Returns the error for people, one line with its
  // place; nullopt: the table is good.
  std::optional<std::string> take(const ConfigTable& table);
  // Returns the theme of this name; null: the user has none.
  const Theme* find(const std::string& name) const;
  // Returns the error's text for a name that is no theme, of the user or of FastChat.
  std::optional<std::string> refusal(const std::string& name) const;
  // Returns the lines of all themes.
  std::vector<std::string> warnings() const;

 private:
  std::map<std::string, Theme> themes_;
};

}  // namespace fastchat::tui
