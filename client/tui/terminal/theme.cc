#include "client/tui/terminal/theme.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

namespace fastchat::tui {
namespace {

// Black and white are equally readable on a background of this luminance.
constexpr double kMiddleLuminance = 0.179;

using Names = std::array<int16_t, kNames>;
constexpr Names kNamesDark = {39, 208, 141, 114, 204, 80, 179, 111, 176, 149, 209, 73};
constexpr Names kNamesLight = {25, 88, 91, 22, 161, 23, 94, 61, 127, 58, 124, 54};
// The colours of the 16 that are readable on a black background, and on a white one.
constexpr Names kNamesSixteen = {2, 3, 6, 9, 10, 11, 13, 14, 2, 3, 6, 13};
constexpr Names kNamesSixteenLight = {1, 4, 5, 1, 4, 5, 1, 4, 5, 1, 4, 5};

bool is_name(Style style) {
  return style >= Style::kName0 && style <= Style::kNameLast;
}

size_t name_index(Style style) {
  return static_cast<size_t>(style) - static_cast<size_t>(Style::kName0);
}

Look dark(Style style) {
  switch (style) {
    case Style::kGood:
      return {71};
    case Style::kWarn:
      return {178};
    case Style::kBad:
      return {203, -1, true};
    case Style::kMine:
      return {80};
    case Style::kDim:
      return {246};
    case Style::kDay:
      return {243};
    case Style::kBar:
      return {252, 237};
    case Style::kSelected:
      return {255, 24, true};
    case Style::kUnread:
      return {214, -1, true};
    case Style::kMark:
      return {214};
    case Style::kCode:
      return {180};
    default:
      return {};
  }
}

Look light(Style style) {
  switch (style) {
    case Style::kGood:
      return {22};
    case Style::kWarn:
      return {94};
    case Style::kBad:
      return {160, -1, true};
    case Style::kMine:
      return {25};
    case Style::kDim:
      return {242};
    case Style::kDay:
      return {245};
    case Style::kBar:
      return {236, 253};
    case Style::kSelected:
      return {16, 153, true};
    case Style::kUnread:
      return {94, -1, true};
    case Style::kMark:
      return {161};
    case Style::kCode:
      return {94};
    default:
      return {};
  }
}

Look sixteen(Style style, bool on_white) {
  switch (style) {
    case Style::kGood:
      return {on_white ? int16_t{4} : int16_t{2}};
    case Style::kWarn:
    case Style::kMark:
      return {on_white ? int16_t{5} : int16_t{3}};
    case Style::kUnread:
      return {on_white ? int16_t{5} : int16_t{3}, -1, true};
    case Style::kBad:
      return {on_white ? int16_t{1} : int16_t{9}, -1, true};
    case Style::kMine:
      return {on_white ? int16_t{4} : int16_t{6}};
    case Style::kDim:
    case Style::kDay:
      return {-1, -1, false, true};
    case Style::kBar:
    case Style::kSelected:
      return {-1, -1, false, false, true};
    default:
      return {};
  }
}

Look without(Style style) {
  switch (style) {
    case Style::kDim:
    case Style::kDay:
      return {-1, -1, false, true};
    case Style::kBad:
    case Style::kUnread:
    case Style::kMark:
      return {-1, -1, true};
    case Style::kBar:
    case Style::kSelected:
      return {-1, -1, false, false, true};
    default:
      return {};
  }
}

bool has_light_background(const ThemeHints& hints) {
  if (hints.background) return luminance(*hints.background) > kMiddleLuminance;
  const size_t last = hints.colorfgbg.rfind(';');
  const int back = last == std::string::npos ? 0 : std::atoi(hints.colorfgbg.c_str() + last + 1);
  return back == 7 || back == 15;
}

double linear(uint8_t channel) {
  const double part = channel / 255.0;
  return part <= 0.04045 ? part / 12.92 : std::pow((part + 0.055) / 1.055, 2.4);
}

}  // namespace

Rgb palette_rgb(int16_t colour) {
  static constexpr Rgb kBasic[16] = {Rgb{0, 0, 0},       Rgb{205, 0, 0},   Rgb{0, 205, 0},   Rgb{205, 205, 0},
                                     Rgb{0, 0, 238},     Rgb{205, 0, 205}, Rgb{0, 205, 205}, Rgb{229, 229, 229},
                                     Rgb{127, 127, 127}, Rgb{255, 0, 0},   Rgb{0, 255, 0},   Rgb{255, 255, 0},
                                     Rgb{92, 92, 255},   Rgb{255, 0, 255}, Rgb{0, 255, 255}, Rgb{255, 255, 255}};
  static constexpr uint8_t kLevels[6] = {0, 95, 135, 175, 215, 255};
  if (colour < 16) return kBasic[std::max<int16_t>(colour, 0)];
  if (colour < 232) return {kLevels[(colour - 16) / 36], kLevels[(colour - 16) / 6 % 6], kLevels[(colour - 16) % 6]};
  const auto grey = static_cast<uint8_t>(8 + 10 * (std::min<int16_t>(colour, 255) - 232));
  return {grey, grey, grey};
}

double luminance(Rgb colour) {
  return 0.2126 * linear(colour[0]) + 0.7152 * linear(colour[1]) + 0.0722 * linear(colour[2]);
}

double contrast(Rgb one, Rgb other) {
  const double first = luminance(one), second = luminance(other);
  return (std::max(first, second) + 0.05) / (std::min(first, second) + 0.05);
}

// Programs inherit COLORTERM from a terminal around theirs. GNU screen 4 takes the numbers of an exact colour for other
// looks, and the console of Linux shows 16 colours.
bool takes_exact_colours(const ExactHints& hints) {
  if (hints.terminfo) return true;
  if (hints.colorterm != "truecolor" && hints.colorterm != "24bit") return false;
  if (hints.term == "linux" || hints.term == "dumb" || hints.term.starts_with("vt")) return false;
  return !hints.term.starts_with("screen") || (hints.tmux && !hints.screen);
}

Theme choose_theme(const ThemeHints& hints) {
  if (hints.wanted == "none" || hints.colours < 8) return Theme::kNone;
  if (hints.wanted == "auto" && hints.no_color) return Theme::kNone;
  const bool light = hints.wanted == "light" || (hints.wanted != "dark" && has_light_background(hints));
  if (hints.wanted == "16" || hints.colours < 256) return light ? Theme::kSixteenLight : Theme::kSixteen;
  return light ? Theme::kLight : Theme::kDark;
}

Look look_of(Theme theme, Style style) {
  if (style == Style::kBold) return {-1, -1, true};
  if (style == Style::kReverse) return {-1, -1, false, false, true};
  switch (theme) {
    case Theme::kDark:
      return is_name(style) ? Look{kNamesDark[name_index(style)]} : dark(style);
    case Theme::kLight:
      return is_name(style) ? Look{kNamesLight[name_index(style)]} : light(style);
    case Theme::kSixteen:
      return is_name(style) ? Look{kNamesSixteen[name_index(style)]} : sixteen(style, false);
    case Theme::kSixteenLight:
      return is_name(style) ? Look{kNamesSixteenLight[name_index(style)]} : sixteen(style, true);
    case Theme::kNone:
      return is_name(style) ? Look{-1, -1, true} : without(style);
  }
  return {};
}

int16_t nearest_basic(int16_t colour, int colours) {
  if (colour < 0 || colours >= 256) return colour;
  int red = 0, green = 0, blue = 0;  // 0 to 5
  if (colour < 16) {
    return static_cast<int16_t>(colours >= 16 ? colour : colour % 8);
  }
  if (colour < 232) {
    red = (colour - 16) / 36;
    green = (colour - 16) / 6 % 6;
    blue = (colour - 16) % 6;
  } else {
    red = green = blue = (colour - 232) * 6 / 24;
  }
  const bool bright = red > 3 || green > 3 || blue > 3;
  const int limit = bright ? 3 : 1;
  const int basic = (red > limit ? 1 : 0) | (green > limit ? 2 : 0) | (blue > limit ? 4 : 0);
  return static_cast<int16_t>(basic + (bright && colours >= 16 ? 8 : 0));
}

int direct_colour(int16_t colour) {
  constexpr int kLevels[] = {0x00, 0x5F, 0x87, 0xAF, 0xD7, 0xFF};
  constexpr int kBright[] = {0x7F7F7F, 0xFF0000, 0x00FF00, 0xFFFF00, 0x5C5CFF, 0xFF00FF, 0x00FFFF, 0xFFFFFF};
  if (colour < 8) return colour;
  if (colour < 16) return kBright[colour - 8];
  int out = 0;
  if (colour < 232) {
    const int cube = colour - 16;
    out = kLevels[cube / 36] << 16 | kLevels[cube / 6 % 6] << 8 | kLevels[cube % 6];
  } else {
    out = (8 + 10 * (colour - 232)) * 0x010101;
  }
  return out < 256 ? out | 0x000100 : out;
}

}  // namespace fastchat::tui
