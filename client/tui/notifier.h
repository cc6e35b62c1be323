// Notifies a person who looks elsewhere of a message: through the terminal, and with the person's own command.
#pragma once

#include "client/session/session.h"
#include "client/tui/child.h"
#include "client/tui/notify.h"
#include "common/result.h"

namespace fastchat::tui {

class Notifier {
 public:
  // `settings` outlives the notifier.
  explicit Notifier(const NotifySettings& settings) : settings_(settings) {}
  // Notifies of a message. Fails with the errors of Children::start when the command cannot be started.
  Result<> notify(const client::ChatMessage& message);
  // Forgets the commands that ended.
  void reap() { children_.reap(); }

 private:
  const NotifySettings& settings_;
  Children children_;
};

}  // namespace fastchat::tui
