#include "client/tui/terminal_desktop.h"

#include <algorithm>
#include <cstdlib>

#include "client/tui/terminal/terminal.h"
#include "common/bytes.h"

namespace fastchat::tui {
namespace {

// Returns base64 of RFC 4648 with padding, as terminals expect it.
std::string base64(const std::string& text) {
  std::string out = to_base64url(text);
  std::replace(out.begin(), out.end(), '-', '+');
  std::replace(out.begin(), out.end(), '_', '/');
  out.append((4 - out.size() % 4) % 4, '=');
  return out;
}

}  // namespace

std::string copy_bytes(const std::string& text, bool tmux) {
  const std::string plain = "\033]52;c;" + base64(text) + "\a";
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
