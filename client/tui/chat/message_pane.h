// The messages of one conversation, of which a part is in memory and a screenful in sight. Pure: it says when it wants
// older or newer ones, and its owner brings them. What a row costs does not depend on how much history there is.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "client/session/session.h"
#include "client/tui/picture/picture.h"
#include "client/tui/terminal/frame.h"

namespace fastchat::tui {

class MessagePane {
 public:
  static constexpr size_t kPage = 200;  // messages to bring at a time
  static constexpr size_t kMax = 3000;  // messages in memory

  // In display order. `whole`: nothing older exists.
  void show(std::vector<client::ChatMessage> messages, bool whole, int64_t unread_after);
  // The same around a message somewhere in the history, which is then in the middle.
  void show_at(std::vector<client::ChatMessage> messages, int64_t position);
  void clear();

  void add(const client::ChatMessage& message);
  void on_receipt(const client::ReceiptEvent& event);
  void on_changed(const client::ChatMessage& message);

  bool wants_older() const;
  int64_t oldest() const { return messages_.empty() ? 0 : messages_.front().position; }
  void add_older(std::vector<client::ChatMessage> messages);  // empty: there is nothing older
  bool wants_newer() const;
  int64_t newest() const { return messages_.empty() ? 0 : messages_.back().position; }
  void add_newer(std::vector<client::ChatMessage> messages);  // empty: there is nothing newer

  void scroll(int lines);  // up when positive
  void page(int pages) { scroll(pages * (height_ > 2 ? height_ - 2 : 1)); }
  void to_oldest();
  void to_newest();
  bool at_end() const { return latest_ && below() == 0; }
  // False when messages newer than these are on disk only: then show() anew goes to the end.
  bool has_latest() const { return latest_; }
  size_t missed() const { return missed_; }  // came while it was scrolled up

  // A file came to this disk.
  void set_file(const std::string& id, const std::string& path);
  // The newest message with a file above the lower edge; may be null.
  const client::ChatMessage* newest_file() const;
  // Files on this disk that are pictures and in sight, without a drawing yet; and the drawing of one. They go with the
  // width for which they were made; those out of sight do when all take more than kMaxPictures.
  static constexpr size_t kMaxPictures = 32 << 20;  // bytes
  std::vector<std::string> pictures_in_sight() const;
  void set_picture(const std::string& path, Picture picture);
  void forget_pictures() { pictures_.clear(); }

  const std::deque<client::ChatMessage>& messages() const { return messages_; }
  Frame draw(int width, int height);

 private:
  struct Drawing {
    Picture picture;
    std::vector<Row> rows;
  };
  std::vector<Row> rows_of(size_t i) const;
  std::vector<std::string> picture_files_in_sight() const;
  int height_of(size_t i) const { return static_cast<int>(rows_of(i).size()); }
  int below() const;  // rows hidden under the edge, of the message there; or 1 when whole messages are
  void settle();
  void trim_oldest();

  std::deque<client::ChatMessage> messages_;
  bool whole_ = true;   // nothing older on disk
  bool latest_ = true;  // nothing newer on disk
  int64_t unread_after_ = -1, marked_ = 0;
  size_t bottom_ = 0;  // the message at the lower edge
  int hidden_ = 0;     // rows of it under the edge
  size_t missed_ = 0;
  std::map<std::string, Drawing> pictures_;  // by path
  int width_ = 80, height_ = 20;             // as drawn last
};

}  // namespace fastchat::tui
