// The messages of one conversation as a scroll of rows, of which a screenful is in sight. Pure: it says when it wants
// older or newer messages, and its owner brings them. What a row costs does not depend on how much history there is.
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
  static constexpr size_t kPage = 200;  // messages to bring at a time

  // Shows the end of a conversation; messages in display order. `whole`: nothing older exists. A line stands before the
  // first message behind the position `unread_after`; -1: there is no line.
  void show(std::vector<client::ChatMessage> messages, bool whole, int64_t unread_after);
  // Shows the messages around a position somewhere in the history; the message there is marked and in the middle.
  void show_at(std::vector<client::ChatMessage> messages, int64_t position);

  // Adds a new message at the end. Counts it only, while the newest messages are on disk and not here.
  void add(const client::ChatMessage& message);
  bool wants_older() const;
  void add_older(std::vector<client::ChatMessage> messages);  // empty: there is nothing older
  bool wants_newer() const;
  void add_newer(std::vector<client::ChatMessage> messages);  // empty: there is nothing newer

  void scroll(int lines);  // up when positive
  void page(int pages) { scroll(pages * page_rows_); }
  void to_oldest();
  void to_newest();
  bool at_end() const { return window_.has_latest() && below() == 0; }
  // Marks the message at a position as picked, and brings it into sight. 0: none is picked.
  void select(int64_t position);
  size_t lowest() const { return bottom_; }  // index in window().all() of the message at the lower edge
  // The position of the message in a row of the last drawing; 0: there is none.
  int64_t at_row(int y) const;

  MessageWindow& window() { return window_; }
  DrawnPictures& drawings() { return drawings_; }  // they go when the width changes
  // The newest message with a file above the lower edge; may be null.
  const client::ChatMessage* newest_file() const;
  // Files on this disk that are pictures and in sight.
  std::vector<std::string> pictures_in_sight() const;

  // While newer messages are hidden, the last row counts them and says when the lowest one in sight was sent.
  Frame draw(int width, int height);

 private:
  std::vector<Row> rows_of(size_t i) const;
  int height_of(size_t i) const { return static_cast<int>(rows_of(i).size()); }
  int below() const;  // rows hidden under the edge, of the message there; or 1 when whole messages are
  void settle();
  void trim_oldest();

  MessageWindow window_;
  DrawnPictures drawings_;
  int64_t unread_after_ = -1, marked_ = 0;
  size_t bottom_ = 0;             // the message at the lower edge
  int hidden_ = 0;                // rows of it under the edge
  size_t missed_ = 0;             // messages that came while it was scrolled up
  int64_t selected_ = 0;          // position of the picked message
  std::vector<int64_t> drawn_;    // position of the message in each row, as drawn last
  int width_ = 80, height_ = 20;  // of the messages, as drawn last
  int page_rows_ = 18;            // a screenful, but for two rows
};

}  // namespace fastchat::tui
