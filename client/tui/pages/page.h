// A page of the screen. Draws itself into the rows above the status line, and receives keys and events.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "client/tui/pages/event.h"
#include "client/tui/terminal/frame.h"
#include "client/tui/terminal/key.h"

namespace fastchat::tui {

class Page {
 public:
  virtual ~Page() = default;
  // Draws rows 0 to frame.height - 2; the last row belongs to the status line. The page remembers the size for
  // scrolling.
  virtual void draw(Frame& frame) = 0;
  virtual void press(const Key& key) = 0;
  virtual void hear(const Event&) {}

  // The use of letters on the page now: they act, or are text, or are text in a line that vi's Esc leaves, or move in
  // the list of a page whose line was left. Matters to a person who uses vi's keys.
  enum class Letters : uint8_t { kAct, kText, kLine, kList };
  virtual Letters letters() const { return Letters::kAct; }
  // Returns true when the page itself has a use for a letter that acts.
  virtual bool uses(char32_t) const { return false; }
  virtual void leave_line(bool) {}
};

// A page on which letters are always text, or have a meaning of their own.
class TextPage : public Page {
 public:
  Letters letters() const override { return Letters::kText; }
};

// A page with a list and a line above it, in which the person writes at first.
class LinePage : public Page {
 public:
  Letters letters() const override { return in_list_ ? Letters::kList : Letters::kLine; }
  void leave_line(bool left) override { in_list_ = left; }

 protected:
  // Draws the hint about the keys; in the list, the mode and its keys, without a cursor in the line.
  void draw_line_hint(Frame& frame, const std::string& text) const;
  bool in_list() const { return in_list_; }

 private:
  bool in_list_ = false;
};

// Returns true for a letter of vi that goes from a list to the line above it.
bool begins_line(char32_t letter);

// Moves in a list of n entries: Up, Down, PgUp, PgDn, the mouse wheel and, with `ends`, Home and End. Returns false
// when the key is none of these.
bool move_in_list(const Key& key, size_t n, size_t& at, bool ends = true);

// Draws the title on a row of its own, over the whole width.
void draw_title(Frame& frame, const std::string& title, const std::string& right = "");
// Returns a hint (hints.h) as at most `most` rows of this width. Cuts between parts. When parts do not fit, leaves out
// whole ones from the end, but not the last one.
std::vector<std::string> hint_rows(const std::string& hint, int width, size_t most);
// Draws the hint about the keys on the last row of a page, and on the row above when that is needed and empty.
void draw_hint(Frame& frame, const std::string& text);
// Draws a question, wrapped, in place of the hint.
void draw_question(Frame& frame, const std::string& question);
// Returns true for the answer y; any other key means no.
bool says_yes(const Key& key);
// Returns true for n and Esc, which need no line that explains them.
bool says_no(const Key& key);

}  // namespace fastchat::tui
