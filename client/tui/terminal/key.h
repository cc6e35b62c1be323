// A key as the pages see it, independent of the bytes of the terminal. Plain data.
#pragma once

#include <cstdint>
#include <string>

namespace fastchat::tui {

enum class KeyKind : uint8_t {
  kCharacter,  // `character` is printable
  kControl,    // Ctrl with the letter in `character` ('a' to 'z')
  kFunction,   // F1 to F12: `character` is 1 to 12
  kEnter,
  kTab,
  kBackTab,
  kBackspace,
  kDelete,
  kEscape,
  kUp,
  kDown,
  kLeft,
  kRight,
  kHome,
  kEnd,
  kPageUp,
  kPageDown,
  kPaste,      // `text`: as pasted, line feeds between lines
  kClick,      // at column `x`, row `y`
  kWheelUp,    // at column `x`, row `y`
  kWheelDown,  // at column `x`, row `y`
  kFocusIn,
  kFocusOut,
};

struct Key {
  KeyKind kind = KeyKind::kCharacter;
  char32_t character = 0;
  bool alt = false;
  int x = 0, y = 0;
  std::string text = {};

  // Compares the keys on the keyboard, without `x`, `y` and `text`.
  bool operator==(const Key& other) const {
    return kind == other.kind && character == other.character && alt == other.alt;
  }
};

inline bool is_control(const Key& k, char32_t letter) {
  return k.kind == KeyKind::kControl && k.character == letter && !k.alt;
}
inline bool is_alt(const Key& k, char32_t letter) {
  return k.kind == KeyKind::kCharacter && k.character == letter && k.alt;
}
inline Key control_key(char32_t letter) {
  return {KeyKind::kControl, letter};
}
inline Key alt_key(char32_t letter) {
  return {KeyKind::kCharacter, letter, true};
}

}  // namespace fastchat::tui
