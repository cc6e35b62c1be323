// The edge to ncurses: shows Frames and reads Keys. One terminal at a time in a process; close() gives the terminal
// back.
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
  // Opens the terminal. `theme` is auto, dark, light, 16 or none. `looks` replace some of the theme's looks. `pictures`
  // is auto, kitty, sixel or blocks. Fails with kLocalUsage when standard input or output is not a terminal that
  // ncurses knows.
  static Result<> open(const std::string& theme, const UserLooks& looks, const std::string& pictures, bool mouse);
  static void close();
  // Call suspend() before the program is stopped, and resume() when it goes on. In between the terminal is the shell's,
  // with every mode as it was.
  static void suspend();
  static void resume();

  static int width();
  static int height();
  // Returns the form of pictures, as far as the terminal has answered. The form may change with any read() and with
  // resized().
  static PictureForm picture_form();
  // Call after a change of the terminal's size (SIGWINCH).
  static void resized();
  // Sends the differences from the last frame, with the graphics.
  static void show(const Frame& frame);
  // Returns true once after the terminal reported a background that changes the theme.
  static bool theme_changed();
  // Redraws everything with the next show().
  static void repaint();
  // Writes escape sequences that move nothing on the screen: the bell, notifications.
  static void write(const std::string& bytes);
  // Returns the next key, or nullopt when none waits.
  static std::optional<Key> read();
};

}  // namespace fastchat::tui
