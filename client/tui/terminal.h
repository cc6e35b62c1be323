// The edge of ncurses: shows Frames and reads Keys. One at a time in a process; the destructor gives the terminal back.
#pragma once

#include <optional>
#include <string>

#include "client/tui/frame.h"
#include "client/tui/key.h"
#include "common/result.h"

namespace fastchat::tui {

class Terminal {
 public:
  // kLocalUsage when standard input or output is not a terminal that ncurses knows.
  static Result<> open();
  static void close();

  static int width();
  static int height();
  // The terminal's size changed (SIGWINCH).
  static void resized();
  static void show(const Frame& frame);
  // Redraws everything with the next show().
  static void repaint();
  // The next key, or nullopt when none waits.
  static std::optional<Key> read();
};

}  // namespace fastchat::tui
