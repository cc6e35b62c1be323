// Requests that reach beyond the screen: the terminal's clipboard, the program that opens links.
#pragma once

#include <string>

namespace fastchat::tui {

class Desktop {
 public:
  virtual ~Desktop() = default;
  // Puts the text into the clipboard of the terminal, as far as the terminal has one (OSC 52).
  virtual void copy(const std::string& text) = 0;
  // Opens an address that links.h found. Copies the address where no program opens links. Reports on the status line
  // which of the two happened.
  virtual void open_link(const std::string& url) = 0;
};

}  // namespace fastchat::tui
