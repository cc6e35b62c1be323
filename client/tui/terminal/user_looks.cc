#include "client/tui/terminal/user_looks.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <optional>
#include <sstream>
#include <utility>

namespace fastchat::tui {
namespace {

constexpr std::pair<const char*, Style> kStyleNames[] = {
    {"good", Style::kGood}, {"warn", Style::kWarn}, {"bad", Style::kBad},           {"mine", Style::kMine},
    {"dim", Style::kDim},   {"bar", Style::kBar},   {"selected", Style::kSelected}, {"unread", Style::kUnread},
    {"rules", Style::kDay}, {"mark", Style::kMark}, {"code", Style::kCode},
};
constexpr std::string_view kNamePrefix = "name-", kHexSign = "#";

template <class Number>
std::optional<Number> number_of(std::string_view text, int base) {
  Number out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return out;
}

std::optional<Style> style_named(std::string_view name) {
  for (const auto& [known, style] : kStyleNames) {
    if (name == known) return style;
  }
  if (!name.starts_with(kNamePrefix)) return std::nullopt;
  const auto number = number_of<int>(name.substr(kNamePrefix.size()), 10);
  if (!number || *number < 1 || *number > kNames) return std::nullopt;
  return static_cast<Style>(static_cast<int>(Style::kName0) + *number - 1);
}

std::optional<int16_t> colour_named(std::string_view text) {
  if (text == "default") return int16_t{-1};
  if (text.starts_with(kHexSign)) {
    const auto rgb = number_of<uint32_t>(text.substr(1), 16);
    if (!rgb || text.size() != 7) return std::nullopt;
    return nearest_palette(
        {static_cast<uint8_t>(*rgb >> 16), static_cast<uint8_t>(*rgb >> 8 & 0xFF), static_cast<uint8_t>(*rgb & 0xFF)});
  }
  const auto number = number_of<int>(text, 10);
  if (!number || *number < 0 || *number > 255) return std::nullopt;
  return static_cast<int16_t>(*number);
}

Error wrong(const std::string& line, const std::string& why) {
  return err(Code::kLocalUsage, "\"" + line + "\": " + why);
}

}  // namespace

// The nearest colour is the nearest of the cube, found by channel, or the nearest grey, found by the mean.
int16_t nearest_palette(Rgb colour) {
  int cube = 16, sum = 0;
  for (size_t c = 0; c < 3; ++c) {
    const int value = colour[c];
    // The levels are 0, 95, 135, 175, 215 and 255.
    const int level = value <= 47 ? 0 : value <= 115 ? 1 : (value - 36) / 40;
    cube += level * (c == 0 ? 36 : c == 1 ? 6 : 1);
    sum += value;
  }
  const int grey = 232 + std::clamp((sum - 10) / 30, 0, 23);
  const auto distance = [&](int number) {
    const Rgb other = palette_rgb(static_cast<int16_t>(number));
    int out = 0;
    for (size_t c = 0; c < 3; ++c) out += (colour[c] - other[c]) * (colour[c] - other[c]);
    return out;
  };
  return static_cast<int16_t>(distance(grey) < distance(cube) ? grey : cube);
}

Result<> UserLooks::set(const std::string& line) {
  std::istringstream words(line);
  std::string name, equals, look;
  words >> name >> equals;
  std::getline(words >> std::ws, look);
  if (equals != "=" || look.empty()) return wrong(line, "write NAME = COLOUR [on COLOUR] [bold] [dim] [reverse]");
  return set(name, look);
}

Result<> UserLooks::set(const std::string& name, const std::string& text) {
  const std::string line = name + " = " + text;
  std::istringstream words(text);
  std::string word;
  words >> word;
  const auto style = style_named(name);
  if (!style) return wrong(line, "the names are " + names());
  Look look;
  const auto colour = [&](int16_t& to) {
    const auto found = colour_named(word);
    if (found) to = *found;
    return found.has_value();
  };
  constexpr const char* kColour = "a colour is #rrggbb, a number from 0 to 255, or default";
  if (!colour(look.front)) return wrong(line, kColour);
  while (words >> word) {
    if (word == "on") {
      word.clear();
      words >> word;
      if (!colour(look.back)) return wrong(line, kColour);
    } else if (word == "bold") {
      look.bold = true;
    } else if (word == "dim") {
      look.dim = true;
    } else if (word == "reverse") {
      look.reverse = true;
    } else {
      return wrong(line, "behind the colours stand bold, dim or reverse");
    }
  }
  looks_[*style] = look;
  return Unit{};
}

std::string UserLooks::names() {
  std::string out;
  for (const auto& [name, style] : kStyleNames) out += std::string(name) + ", ";
  return out + "name-1 to name-12";
}

std::string UserLooks::faint(Theme theme, const std::string& name) const {
  const auto style = style_named(name);
  if (!style) return "";
  const Look look = look_of(theme, *style);
  if (look.front < 0 && look.back < 0) return "";
  const Rgb black{0, 0, 0}, white{255, 255, 255};
  const bool light = theme == Theme::kLight;
  const Rgb front = look.front < 0 ? (light ? black : white) : palette_rgb(look.front);
  const Rgb back = look.back < 0 ? (light ? white : black) : palette_rgb(look.back);
  const bool rule = *style == Style::kDay;
  const double found = contrast(front, back), least = rule ? kRuleContrast : kTextContrast;
  if (found >= least) return "";
  char text[80];
  std::snprintf(text, sizeof text, "the contrast is %.1f:1, and %s need %.1f:1", std::floor(found * 10) / 10,
                rule ? "rules" : "texts", least);
  return text;
}

Look UserLooks::look_of(Theme theme, Style style) const {
  const auto own = theme == Theme::kDark || theme == Theme::kLight ? looks_.find(style) : looks_.end();
  return own == looks_.end() ? tui::look_of(theme, style) : own->second;
}

}  // namespace fastchat::tui
