// The terminal's clipboard, and the person's own program for links.
#pragma once

#include <string>
#include <vector>

#include "client/tui/child.h"
#include "client/tui/ports/desktop.h"
#include "client/tui/ports/screen.h"

namespace fastchat::tui {

// Returns the escape sequence that puts a text into the clipboard (OSC 52). With `tmux` the sequence goes to tmux and,
// where tmux passes sequences on (`set -g allow-passthrough on`), also to the terminal around tmux.
std::string copy_bytes(const std::string& text, bool tmux);

class TerminalDesktop : public Desktop {
 public:
  // `opener`: a command and its arguments, before the address; empty: links are copied. `opener` and `screen` outlive
  // the TerminalDesktop.
  TerminalDesktop(const std::vector<std::string>& opener, Screen& screen) : opener_(opener), screen_(screen) {}
  void copy(const std::string& text) override;
  void open_link(const std::string& url) override;
  // Forgets the programs that ended.
  void reap() { children_.reap(); }

 private:
  const std::vector<std::string>& opener_;
  Screen& screen_;
  Children children_;
};

}  // namespace fastchat::tui
