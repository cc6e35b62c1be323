// One line of input with readline's keys: Ctrl-A/E/B/F/H/D/K/U/W, arrows, Home, End. Pure.
#pragma once

#include <string>
#include <string_view>

#include "client/tui/key.h"

namespace fastchat::tui {

class LineEditor {
 public:
  // True when the key was one of the editor's.
  bool press(const Key& key);
  const std::string& text() const { return text_; }
  void set(std::string text);
  // The text, overwritten here before it goes: for passwords as well.
  std::string take();
  void clear();

  // What to draw in `columns` columns and where the cursor stands in it; `masked` shows a dot for each character.
  struct Shown {
    std::string text;
    int cursor = 0;
  };
  Shown show(int columns, bool masked = false) const;

 private:
  bool move(const Key& key);
  bool erase(const Key& key);
  void erase_range(size_t from, size_t to);
  std::string text_;
  size_t cursor_ = 0;  // byte
};

}  // namespace fastchat::tui
