// vi's normal mode for a line being written: motions, changes and undo. Words end at blanks, as for the editor's own
// keys. Pure; the owner has the text and starts normal mode.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "client/tui/pages/line_editor.h"
#include "client/tui/terminal/key.h"

namespace fastchat::tui {

inline constexpr const char* kNormalMark = "-- NORMAL --";

class ViLine {
 public:
  static constexpr size_t kMaxUndo = 100;  // texts

  bool normal() const { return normal_; }
  // Returns the first letter of a command of two, which was typed: d, c or g; 0: none.
  char32_t begun() const { return begun_; }
  void drop_begun() { begun_ = 0; }

  // Begins normal mode. The cursor then stands on a character.
  void leave(LineEditor& editor);
  // Begins insert mode.
  void enter(const LineEditor& editor);
  // Applies a key in normal mode: one of help(), or one of the editor's keys that types no text. Other letters do
  // nothing.
  void press(LineEditor& editor, const Key& key);
  // Call when the owner set another text. `u` does not bring back the text before.
  void forget(LineEditor& editor);
  // Call when the owner moved the cursor.
  void settle(LineEditor& editor) const;

  // Returns the keys of normal mode and their effects, for the help.
  static const std::vector<std::pair<const char*, const char*>>& help();

 private:
  struct State {
    std::string text;
    size_t cursor = 0;
  };
  void letter(LineEditor& editor, char32_t c);
  bool insert_at(LineEditor& editor, char32_t c);
  bool change(LineEditor& editor, char32_t c);
  void operate(LineEditor& editor, char32_t what, char32_t motion);
  void remember(const LineEditor& editor);
  void undo(LineEditor& editor);

  bool normal_ = false;
  char32_t begun_ = 0;
  std::vector<State> undo_ = {State()};  // the last is the newest
};

}  // namespace fastchat::tui
