// The edge of ncurses: shows Frames and reads Keys. One at a time in a process; close() gives the terminal back.
#pragma once

#include <optional>
#include <string>

#include "client/tui/frame.h"
#include "client/tui/key.h"
#include "common/result.h"

namespace fastchat::tui {

class Terminal {
 public:
  // `theme` is auto, dark, light, 16 or none. kLocalUsage when standard input or output is not a terminal that ncurses
  // knows.
  static Result<> open(const std::string& theme, bool mouse);
  static void close();

  static int width();
  static int height();
  static int colours();  // that the theme allows: 0 without any
  // The terminal's size changed (SIGWINCH).
  static void resized();
  // Sends what differs from the last one.
  static void show(const Frame& frame);
  // Redraws everything with the next show().
  static void repaint();
  // Escape sequences that move nothing on the screen: the bell, notifications.
  static void write(const std::string& bytes);
  // The next key, or nullopt when none waits.
  static std::optional<Key> read();
};

}  // namespace fastchat::tui
