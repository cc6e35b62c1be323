#include "client/tui/terminal_desktop.h"

#include <cstdlib>

#include "client/tui/terminal/terminal.h"
#include "common/bytes.h"

namespace fastchat::tui {

std::string copy_bytes(const std::string& text, bool tmux) {
  const std::string plain = "\033]52;c;" + to_base64(text) + "\a";
  return tmux ? plain + "\033Ptmux;\033" + plain + "\033\\" : plain;
}

void TerminalDesktop::copy(const std::string& text) {
  Terminal::write(copy_bytes(text, std::getenv("TMUX") != nullptr));
}

void TerminalDesktop::open_link(const std::string& url) {
  if (!opener_.empty()) {
    std::vector<std::string> command = opener_;
    command.push_back(url);
    const Result<> started = children_.start(command, "");
    if (started.ok()) return screen_.toast("Opened " + url, Style::kGood);
    screen_.toast(started.error().text, Style::kBad);
  }
  copy(url);
  if (opener_.empty())
    screen_.toast("Copied the link. The setting open-links names a program for links.", Style::kGood);
}

}  // namespace fastchat::tui
