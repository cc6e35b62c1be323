#include "client/tui/terminal/key_names.h"

#include <cctype>
#include <utility>

#include "client/tui/terminal/text.h"

namespace fastchat::tui {
namespace {

constexpr std::pair<const char*, KeyKind> kNamed[] = {
    {"Enter", KeyKind::kEnter},
    {"Tab", KeyKind::kTab},
    {"Shift+Tab", KeyKind::kBackTab},
    {"Esc", KeyKind::kEscape},
    {"Up", KeyKind::kUp},
    {"Down", KeyKind::kDown},
    {"Left", KeyKind::kLeft},
    {"Right", KeyKind::kRight},
    {"Home", KeyKind::kHome},
    {"End", KeyKind::kEnd},
    {"PgUp", KeyKind::kPageUp},
    {"PgDn", KeyKind::kPageDown},
    {"Delete", KeyKind::kDelete},
    {"Backspace", KeyKind::kBackspace},
};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::optional<Key> special(const std::string& name) {
  for (const auto& [word, kind] : kNamed) {
    if (lower(word) == name) return Key{kind};
  }
  if (name.size() < 2 || name.size() > 3 || name[0] != 'f') return std::nullopt;
  char32_t number = 0;
  for (const char c : name.substr(1)) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + static_cast<char32_t>(c - '0');
  }
  if (number < 1 || number > 12) return std::nullopt;
  return Key{KeyKind::kFunction, number};
}

}  // namespace

std::string name_of(const Key& key) {
  std::string out = key.alt ? "Alt+" : "";
  if (key.kind == KeyKind::kFunction) return out + "F" + std::to_string(key.character);
  if (key.kind == KeyKind::kControl || key.kind == KeyKind::kCharacter) {
    const bool small = key.character >= 'a' && key.character <= 'z';
    if (key.kind == KeyKind::kControl) out += "Ctrl+";
    return out + encode(small ? key.character - 'a' + 'A' : key.character);
  }
  for (const auto& [word, kind] : kNamed) {
    if (kind == key.kind) return out + word;
  }
  return out + "?";
}

std::optional<Key> key_named(std::string_view name) {
  std::string rest = lower(name);
  bool alt = false;
  if (rest.starts_with("alt+")) {
    alt = true;
    rest = rest.substr(4);
  }
  std::optional<Key> key;
  if (rest.starts_with("ctrl+")) {
    const std::string letter = rest.substr(5);
    // Ctrl+H, I, J and M are Backspace, Tab, line feed and Enter.
    const bool own = letter.size() == 1 && letter[0] >= 'a' && letter[0] <= 'z' &&
                     std::string_view("hijm").find(letter[0]) == std::string_view::npos;
    if (own) key = control_key(static_cast<char32_t>(letter[0]));
  } else if (alt && rest.size() == 1 && rest[0] > ' ' && rest[0] < 127) {
    key = Key{KeyKind::kCharacter, static_cast<char32_t>(rest[0])};
  } else {
    key = special(rest);
  }
  if (key) key->alt = alt;
  return key;
}

}  // namespace fastchat::tui
