// The messages of one conversation as a scrollable list of rows, with a screenful in sight. Pure: the pane reports when
// it needs older or newer messages, and its owner loads them. The cost of a row does not depend on the length of the
// history.
#pragma once

#include <string>
#include <vector>

#include "client/session/session.h"
#include "client/tui/chat/drawn_pictures.h"
#include "client/tui/chat/message_window.h"
#include "client/tui/terminal/frame.h"

namespace fastchat::tui {

class MessagePane {
 public:
  static constexpr size_t kPage = 200;  // messages to load at a time

  // Shows the end of a conversation. `messages`: in display order. `whole`: nothing older exists. `unread_after`: a
  // separator stands before the first message behind this position; -1: there is no separator.
  void show(std::vector<client::ChatMessage> messages, bool whole, int64_t unread_after);
  // Shows the messages around a position in the history. Marks the message at the position and puts it in the middle.
  void show_at(std::vector<client::ChatMessage> messages, int64_t position);

  // Adds a new message at the end. Only counts the message while the newest messages are on disk and not in memory.
  void add(const client::ChatMessage& message);
  bool wants_older() const;
  void add_older(std::vector<client::ChatMessage> messages);  // empty: there is nothing older
  bool wants_newer() const;
  void add_newer(std::vector<client::ChatMessage> messages);  // empty: there is nothing newer

  void scroll(int lines);                                     // up when positive
  void page(int halves) { scroll(halves * page_rows_ / 2); }  // by half pages
  void to_oldest();
  void to_newest();
  bool at_end() const { return window_.has_latest() && below() == 0; }
  // Marks the message at a position as picked, and scrolls it into sight. 0: none is picked.
  void select(int64_t position);
  size_t lowest() const { return bottom_; }  // index in window().all() of the message at the lower edge
  // Returns the position of the message in a row of the last drawing; 0: there is none.
  int64_t at_row(int y) const;

  MessageWindow& window() { return window_; }
  DrawnPictures& drawings() { return drawings_; }  // cleared when the width changes
  // Returns the newest message with a file above the lower edge; null: there is none.
  const client::ChatMessage* newest_file() const;
  // Returns the paths of the pictures in sight that are on this disk.
  std::vector<std::string> pictures_in_sight() const;

  // Draws the pane. While newer messages are hidden, the last row shows their number, the share of the conversation
  // that is above, and the time of the lowest message in sight. `bare`: the rows are text alone; days have no rules,
  // and answers do not show the answered message.
  Frame draw(int width, int height, bool bare = false);

 private:
  std::vector<Row> rows_of(size_t i) const;
  int height_of(size_t i) const { return static_cast<int>(rows_of(i).size()); }
  int below() const;  // hidden rows of the message at the lower edge; 1 when whole messages are hidden
  void settle();
  void trim_oldest();

  MessageWindow window_;
  DrawnPictures drawings_;
  int64_t unread_after_ = -1, marked_ = 0;
  size_t bottom_ = 0;             // index of the message at the lower edge
  int hidden_ = 0;                // rows of that message below the edge
  size_t missed_ = 0;             // messages that arrived while the pane was scrolled up
  int64_t selected_ = 0;          // position of the picked message
  std::vector<int64_t> drawn_;    // position of the message in each row, as drawn last
  int width_ = 80, height_ = 20;  // of the messages, as drawn last
  int page_rows_ = 18;            // a screenful minus two rows
  bool bare_ = false;             // as drawn last
};

}  // namespace fastchat::tui
