// A key as the pages see it, whatever the terminal sent. Plain data.
#pragma once

#include <cstdint>

namespace fastchat::tui {

enum class KeyKind : uint8_t {
  kCharacter,  // `character` is printable
  kControl,    // Ctrl with the letter in `character` ('a' to 'z')
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
};

struct Key {
  KeyKind kind = KeyKind::kCharacter;
  char32_t character = 0;
};

inline bool is_control(const Key& k, char32_t letter) {
  return k.kind == KeyKind::kControl && k.character == letter;
}

}  // namespace fastchat::tui
