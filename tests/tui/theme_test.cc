// Every theme can be read: the contrast of each style with its background, as WCAG 2 computes it. The 16 colours are
// xterm's; a terminal may have others.
#include "client/tui/terminal/theme.h"

#include <gtest/gtest.h>

#include <vector>

#include "client/tui/terminal/user_looks.h"

namespace fastchat::test {
namespace {

using tui::Rgb;
using tui::Style;
using tui::Theme;

TEST(Theme, ContrastIsThatOfWcag) {
  EXPECT_NEAR(tui::contrast(Rgb{0, 0, 0}, Rgb{255, 255, 255}), 21, 0.001);
  EXPECT_NEAR(tui::contrast(Rgb{255, 255, 255}, Rgb{0x76, 0x76, 0x76}), 4.54, 0.01);
  EXPECT_EQ(tui::palette_rgb(9), (Rgb{255, 0, 0}));
  EXPECT_EQ(tui::palette_rgb(67), (Rgb{95, 135, 175}));
  EXPECT_EQ(tui::palette_rgb(255), (Rgb{238, 238, 238}));
}

TEST(Theme, EveryTextHasAContrastOfFourAndAHalf) {
  const Rgb black{0, 0, 0}, white{255, 255, 255};
  const struct {
    Theme theme;
    std::vector<Rgb> backgrounds;  // black or white, and others that are common
  } cases[] = {{Theme::kDark, {black, Rgb{0x1E, 0x1E, 0x1E}, Rgb{0x28, 0x2A, 0x36}, Rgb{0x00, 0x2B, 0x36}}},
               {Theme::kLight, {white, Rgb{0xFD, 0xF6, 0xE3}}},
               {Theme::kSixteen, {black}},
               {Theme::kSixteenLight, {white}}};
  for (const auto& each : cases) {
    for (int i = 0; i <= static_cast<int>(Style::kNameLast); ++i) {
      const auto style = static_cast<Style>(i);
      const tui::Look look = tui::look_of(each.theme, style);
      if (look.front < 0 && look.back < 0) continue;  // the terminal's own pair, perhaps reversed or dimmed
      for (const Rgb background : each.backgrounds) {
        ASSERT_GE(look.front, 0) << "a background of ours has a text colour of ours";
        const Rgb back = look.back < 0 ? background : tui::palette_rgb(look.back);
        EXPECT_GE(tui::contrast(tui::palette_rgb(look.front), back),
                  style == Style::kDay ? tui::kRuleContrast : tui::kTextContrast)
            << "theme " << static_cast<int>(each.theme) << ", style " << i;
      }
    }
  }
}

TEST(Theme, TheNearestColourIsTheNearest) {
  for (int i = 0; i < 4096 * 3; ++i) {
    const int n = i * 1361;
    const Rgb colour{static_cast<uint8_t>(n), static_cast<uint8_t>(n >> 8), static_cast<uint8_t>(n >> 16)};
    const auto distance = [&](int16_t number) {
      const Rgb other = tui::palette_rgb(number);
      int out = 0;
      for (size_t c = 0; c < 3; ++c) out += (colour[c] - other[c]) * (colour[c] - other[c]);
      return out;
    };
    int16_t best = 16;
    for (int16_t number = 16; number < 256; ++number) {
      if (distance(number) < distance(best)) best = number;
    }
    ASSERT_EQ(tui::nearest_palette(colour), best) << n;
  }
}

TEST(Theme, ExactColoursNeedATerminalThatTakesThem) {
  const struct {
    tui::ExactHints hints;
    bool takes;
  } cases[] = {{{}, false},
               {{.colorterm = "truecolor", .term = "xterm-256color"}, true},
               {{.colorterm = "24bit", .term = "xterm-256color"}, true},
               {{.colorterm = "rxvt", .term = "rxvt"}, false},
               {{.terminfo = true, .term = "xterm-direct"}, true},
               {{.colorterm = "truecolor", .term = "linux"}, false},
               {{.colorterm = "truecolor", .term = "screen-256color", .screen = true}, false},
               {{.colorterm = "truecolor", .term = "screen-256color"}, false},
               {{.colorterm = "truecolor", .term = "screen-256color", .tmux = true}, true},
               {{.colorterm = "truecolor", .term = "screen", .tmux = true, .screen = true}, false},
               {{.colorterm = "truecolor", .term = "tmux-256color", .tmux = true, .screen = true}, true}};
  for (const auto& each : cases) EXPECT_EQ(tui::takes_exact_colours(each.hints), each.takes) << each.hints.term;
}

TEST(Theme, NoTextIsShownByItsColourAlone) {
  for (const Style style : {Style::kBad, Style::kUnread, Style::kMark, Style::kSelected, Style::kBar}) {
    const tui::Look look = tui::look_of(Theme::kNone, style);
    EXPECT_TRUE(look.bold || look.reverse) << static_cast<int>(style);
    EXPECT_EQ(look.front, -1);
  }
}

TEST(UserLooks, ReplaceThoseOfTheThemesWithAllColours) {
  tui::UserLooks looks;
  for (const char* line : {"mine = #ff0000", "bar = 255 on #000087 bold", "name-12 = default reverse"}) {
    EXPECT_TRUE(looks.set(line).ok()) << line;
  }
  EXPECT_EQ(looks.look_of(Theme::kDark, Style::kMine).front, 196);
  EXPECT_FALSE(looks.look_of(Theme::kLight, Style::kMine).bold);
  const tui::Look bar = looks.look_of(Theme::kDark, Style::kBar);
  EXPECT_EQ(bar.front, 255);
  EXPECT_EQ(bar.back, 18);
  EXPECT_TRUE(bar.bold);
  EXPECT_TRUE(looks.look_of(Theme::kDark, Style::kNameLast).reverse);
  EXPECT_EQ(looks.look_of(Theme::kDark, Style::kGood).front, tui::look_of(Theme::kDark, Style::kGood).front);
  EXPECT_EQ(looks.look_of(Theme::kNone, Style::kMine).front, -1) << "no colours means none";
  EXPECT_EQ(looks.look_of(Theme::kSixteen, Style::kMine).front, tui::look_of(Theme::kSixteen, Style::kMine).front);
}

TEST(UserLooks, AWrongLineIsOneError) {
  tui::UserLooks looks;
  for (const char* line :
       {"", "mine", "mine #ff0000", "pink = #ff0000", "name-0 = 1", "name-13 = 1", "mine = #ff00", "mine = #ff00zz",
        "mine = 256", "mine = -1", "mine = 1 on", "mine = 1 on x", "mine = 1 loud"}) {
    const auto set = looks.set(line);
    ASSERT_FALSE(set.ok()) << line;
    EXPECT_EQ(set.code(), Code::kLocalUsage);
    EXPECT_EQ(set.error().text.find('\n'), std::string::npos);
  }
  EXPECT_EQ(looks.look_of(Theme::kDark, Style::kMine).front, tui::look_of(Theme::kDark, Style::kMine).front);
}

}  // namespace
}  // namespace fastchat::test
