// Implements MessageSearch over a session.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "client/session/session.h"
#include "client/tui/pages/event.h"
#include "client/tui/ports/message_search.h"
#include "client/tui/ports/screen.h"

namespace fastchat::tui {

class SessionSearch : public MessageSearch {
 public:
  SessionSearch(client::Session& session, Screen& screen, EventHandler hear)
      : session_(session), screen_(screen), hear_(std::move(hear)) {}

  void start(const std::vector<std::string>& words, size_t limit) override;
  void stop() override { session_.stop_search(); }

 private:
  client::Session& session_;
  Screen& screen_;
  EventHandler hear_;
};

}  // namespace fastchat::tui
