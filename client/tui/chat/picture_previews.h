// Requests small drawings of the pictures in sight in a conversation: each drawing once, and again when the room for it
// changes.
#pragma once

#include <set>
#include <string>

#include "client/tui/chat/message_pane.h"
#include "client/tui/pages/event.h"
#include "client/tui/ports/local_files.h"

namespace fastchat::tui {

class PicturePreviews {
 public:
  PicturePreviews(LocalFiles& files, MessagePane& pane) : files_(files), pane_(pane) {}

  // Sets the size of the largest preview, in cells.
  void set_room(int columns, int rows);
  // Asks for the pictures in sight that have no drawing yet.
  void ask();
  void hear(const PictureDrawn& drawn);
  // Drops all drawings: pictures are shown in another form from now on.
  void reset();

 private:
  LocalFiles& files_;
  MessagePane& pane_;
  std::set<std::string> asked_;  // "path columns"
  int columns_ = 72, rows_ = 12;
};

}  // namespace fastchat::tui
