// Looks that a person chose in the configuration, in place of those of the themes with 256 colours. Pure.
#pragma once

#include <map>
#include <string>

#include "client/tui/terminal/theme.h"
#include "common/result.h"

namespace fastchat::tui {

class UserLooks {
 public:
  // Takes a line "NAME = FRONT [on BACK] [bold] [dim] [reverse]". A colour is #rrggbb, shown as the nearest of xterm's
  // palette; a number of this palette (0 to 255); or "default", the terminal's own. Fails with kLocalUsage and one line
  // that names the mistake.
  Result<> set(const std::string& line);
  // Sets the look `name` to the part of such a line behind the equals sign.
  Result<> set(const std::string& name, const std::string& look);
  // Returns the look of a style in this theme.
  Look look_of(Theme theme, Style style) const;
  // Returns "the contrast is 2.1:1, ..." for the look `name` on the background of a theme, black for the dark one and
  // white for the light one; empty: the text can be read, or the terminal decides both colours.
  std::string faint(Theme theme, const std::string& name) const;
  // Returns the names of looks, for people.
  static std::string names();

 private:
  std::map<Style, Look> looks_;
};

// Returns the number (16 to 255) of xterm's palette whose colour is nearest.
int16_t nearest_palette(Rgb colour);

}  // namespace fastchat::tui
