// Implements MessageSearch over a session.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "client/runtime/tickets.h"
#include "client/session/session.h"
#include "client/tui/pages/event.h"
#include "client/tui/ports/message_search.h"
#include "client/tui/ports/screen.h"

namespace fastchat::tui {

class SessionSearch : public MessageSearch {
 public:
  // `searcher`: a number that no other searcher of this session has.
  SessionSearch(client::Session& session, uint64_t searcher, Screen& screen, const client::Ticket& ticket,
                EventHandler hear)
      : session_(session), searcher_(searcher), screen_(screen), ticket_(ticket), hear_(std::move(hear)) {}
  ~SessionSearch() override { session_.stop_search(searcher_); }
  SessionSearch(const SessionSearch&) = delete;
  SessionSearch& operator=(const SessionSearch&) = delete;

  void start(const std::vector<std::string>& words, size_t limit) override;
  void stop() override { session_.stop_search(searcher_); }

 private:
  client::Session& session_;
  const uint64_t searcher_;
  bool first_ = true;  // no part of the newest search was told
  Screen& screen_;
  const client::Ticket& ticket_;
  EventHandler hear_;
};

}  // namespace fastchat::tui
