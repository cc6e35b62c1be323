// The text being written, with readline's keys: Ctrl-A/E/B/F/D/H/K/U/W/Y/T, Alt-B/F/D/Backspace, arrows, Home, End. A
// form has one line, a conversation several. The editor moves and erases by character, never by byte. Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/tui/terminal/key.h"

namespace fastchat::tui {

class LineEditor {
 public:
  // Applies a key to the text or the cursor. Returns true when the key is one of the editor's.
  bool press(const Key& key);
  // Adds text at the cursor as far as there is room (16 KiB). Leaves out characters that no screen may show.
  void insert(std::string_view text);
  void replace(size_t from, size_t to, std::string_view with);

  // Erases a part, which Ctrl+Y inserts again.
  void kill(size_t from, size_t to);

  const std::string& text() const { return text_; }
  size_t cursor() const { return cursor_; }  // byte
  // Moves the cursor to a byte, or behind the character around the byte.
  void place(size_t at);
  // Return the start of the word before the cursor, and the ends of the cursor's line, as bytes.
  size_t word_begin() const;
  size_t line_begin() const;
  size_t line_end() const;
  void set(std::string text);
  // Empties the editor and returns its text. Overwrites the editor's copy in memory, since the text may be a password.
  std::string take();
  void clear();

  // The text to draw in `columns` columns, and the cursor's column in it. `masked` shows an asterisk for each
  // character.
  struct Shown {
    std::string text;
    int cursor = 0;
  };
  Shown show(int columns, bool masked = false) const;

  // The whole text on lines of `columns` columns (at least 2), and the place of the cursor in them. Lines break
  // anywhere.
  struct Block {
    std::vector<std::string> lines;
    int row = 0, column = 0;
  };
  Block block(int columns) const;

  // Move the cursor a line up, or down, in a block of `columns`. Return false at the edge, where nothing moves.
  bool move_up(int columns) { return move_rows(columns, -1); }
  bool move_down(int columns) { return move_rows(columns, 1); }

  // Returns the editor's keys and their effects, for the help.
  static const std::vector<std::pair<const char*, const char*>>& help();

 private:
  bool move(const Key& key);
  bool erase(const Key& key);
  bool move_rows(int columns, int by);
  void erase_range(size_t from, size_t to);
  void transpose();
  size_t word_end() const;

  std::string text_, killed_;
  size_t cursor_ = 0;  // byte
};

}  // namespace fastchat::tui
