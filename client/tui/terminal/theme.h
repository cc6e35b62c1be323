// The look of each Style: dark, light, with 16 colours on either background, or without colours. Each text has a
// contrast of at least 4.5:1 with its background, rules have 3:1. Data and the choice between them; pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "client/tui/terminal/frame.h"
#include "client/tui/terminal/rgb.h"

namespace fastchat::tui {

struct Look {
  int16_t front = -1, back = -1;  // of the xterm palette; -1: the terminal's own
  bool bold = false, dim = false, reverse = false;
};

enum class Theme { kDark, kLight, kSixteen, kSixteenLight, kNone };

// Returns the colour that xterm shows for a number of its palette (0 to 255).
Rgb palette_rgb(int16_t colour);
// Return the relative luminance (0 to 1) and the contrast (1 to 21) as WCAG 2 defines them.
double luminance(Rgb colour);
double contrast(Rgb one, Rgb other);
inline constexpr double kTextContrast = 4.5, kRuleContrast = 3;  // at least

struct ThemeHints {
  std::string wanted = "auto";  // the configuration: auto, dark, light, 16, none
  int colours = 256;            // the terminal's
  bool no_color = false;        // NO_COLOR is set (https://no-color.org)
  std::string colorfgbg;        // COLORFGBG of rxvt, konsole and others: "15;0"
  // The terminal's background, once the terminal has answered (OSC 11). Overrides colorfgbg.
  std::optional<Rgb> background = {};
};
// The facts that tell whether a terminal takes a colour as red, green and blue.
struct ExactHints {
  bool terminfo = false;                  // its description has RGB or Tc
  std::string colorterm = {}, term = {};  // COLORTERM and TERM
  bool tmux = false;                      // TMUX is set
  bool screen = false;                    // STY, the variable of GNU screen, is set
};
bool takes_exact_colours(const ExactHints& hints);

// Never chooses a theme that the terminal cannot show. NO_COLOR overrides only "auto".
Theme choose_theme(const ThemeHints& hints);

Look look_of(Theme theme, Style style);
// Returns the nearest of a terminal's 8 or 16 colours for one of the 256.
int16_t nearest_basic(int16_t colour, int colours);
// Returns the number of a palette's colour on a terminal that takes red, green and blue (terminfo's RGB). The 8 basic
// colours and -1 stay. All others are 256 at least, since terminals of this kind may keep smaller numbers for their
// palette.
int direct_colour(int16_t colour);
inline constexpr int kDirectColours = kExactColours;

}  // namespace fastchat::tui
