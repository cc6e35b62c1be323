#include "client/tui/notifier.h"

#include <cstdlib>
#include <string>

#include "client/tui/terminal/terminal.h"

namespace fastchat::tui {
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

Result<> Notifier::notify(const client::ChatMessage& message) {
  const TerminalHints hints{environment("TERM"), !environment("VTE_VERSION").empty(), !environment("TMUX").empty()};
  Terminal::write(notify_bytes(settings_, hints, message));
  if (settings_.hook.empty()) return Unit{};
  return children_.start(settings_.hook, notify_json(message, settings_.text));
}

}  // namespace fastchat::tui
