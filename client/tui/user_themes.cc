#include "client/tui/user_themes.h"

#include <algorithm>
#include <utility>

namespace fastchat::tui {
namespace {

constexpr const char* kBuiltIn[] = {"auto", "dark", "light", "16", "none"};
constexpr size_t kLongestName = 32;

bool is_built_in(const std::string& name) {
  return std::any_of(std::begin(kBuiltIn), std::end(kBuiltIn), [&](const char* known) { return name == known; });
}

bool can_be_name(const std::string& name) {
  return !name.empty() && name.size() <= kLongestName && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

}  // namespace

std::optional<std::string> UserThemes::take(const ConfigTable& table) {
  const std::string shown = "'themes." + table.name + "'";
  if (is_built_in(table.name)) return table.where + ": " + shown + ": FastChat has a theme of this name";
  if (!can_be_name(table.name)) {
    return table.where + ": " + shown + ": a name has 1 to 32 of the characters a-z, 0-9, - and _";
  }
  if (themes_.size() >= kMost) return table.where + ": " + shown + ": there are at most 100 themes";
  Theme theme;
  for (const auto& value : table.values) {
    const std::string where = value.where + ": '" + value.name + "' of " + shown;
    if (value.name == "base") {
      if (value.text != "dark" && value.text != "light") {
        return where + " must be one of dark,light, not '" + value.text + "'";
      }
      theme.base = value.text;
    } else if (auto set = theme.looks.set(value.name, value.text); !set.ok()) {
      return where + ": " + set.error().text;
    }
  }
  const tui::Theme base = theme.base == "light" ? tui::Theme::kLight : tui::Theme::kDark;
  for (const auto& value : table.values) {
    const std::string faint = theme.looks.faint(base, value.name);
    if (!faint.empty()) theme.warnings.push_back(value.where + ": '" + value.name + "' of " + shown + ": " + faint);
  }
  themes_[table.name] = std::move(theme);
  return std::nullopt;
}

const UserThemes::Theme* UserThemes::find(const std::string& name) const {
  const auto found = themes_.find(name);
  return found == themes_.end() ? nullptr : &found->second;
}

std::optional<std::string> UserThemes::refusal(const std::string& name) const {
  if (is_built_in(name) || find(name) != nullptr) return std::nullopt;
  std::string all;
  for (const char* known : kBuiltIn) all += (all.empty() ? "" : ",") + std::string(known);
  for (const auto& [known, theme] : themes_) all += "," + known;
  return "must be one of " + all + (themes_.empty() ? " or the NAME of a table [themes.NAME]" : "");
}

std::vector<std::string> UserThemes::warnings() const {
  std::vector<std::string> out;
  for (const auto& [name, theme] : themes_) out.insert(out.end(), theme.warnings.begin(), theme.warnings.end());
  return out;
}

}  // namespace fastchat::tui
