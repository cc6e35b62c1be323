// The edge of ncurses: shows Frames and reads Keys. One at a time in a process; close() gives the terminal back.
#pragma once

#include <optional>
#include <string>

#include "client/tui/terminal/frame.h"
#include "client/tui/terminal/key.h"
#include "client/tui/terminal/picture_graphic.h"
#include "client/tui/terminal/user_looks.h"
#include "common/result.h"

namespace fastchat::tui {

class Terminal {
 public:
  // `theme` is auto, dark, light, 16 or none, `looks` replace some of its looks; `pictures` is auto, kitty, sixel or
  // blocks. kLocalUsage when standard input or output is not a terminal that ncurses knows.
  static Result<> open(const std::string& theme, const UserLooks& looks, const std::string& pictures, bool mouse);
  static void close();
  // The program is about to be stopped, and goes on: the terminal is the shell's in between, with every mode as it was.
  static void suspend();
  static void resume();

  static int width();
  static int height();
  // Returns the form of pictures, as far as the terminal has answered. It may change with any read() and with
  // resized().
  static PictureForm picture_form();
  // The terminal's size changed (SIGWINCH).
  static void resized();
  // Sends what differs from the last one, the graphics too.
  static void show(const Frame& frame);
  // True once after the terminal named a background that changes the theme.
  static bool theme_changed();
  // Redraws everything with the next show().
  static void repaint();
  // Escape sequences that move nothing on the screen: the bell, notifications.
  static void write(const std::string& bytes);
  // The next key, or nullopt when none waits.
  static std::optional<Key> read();
};

}  // namespace fastchat::tui
