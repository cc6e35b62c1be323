// Implements Devices over a session.
#pragma once

#include <string>
#include <utility>

#include "client/runtime/tickets.h"
#include "client/session/session.h"
#include "client/tui/pages/event.h"
#include "client/tui/ports/devices.h"
#include "client/tui/ports/screen.h"

namespace fastchat::tui {

class SessionDevices : public Devices {
 public:
  SessionDevices(client::Session& session, Screen& screen, const client::Ticket& ticket, EventHandler hear)
      : session_(session), screen_(screen), ticket_(ticket), hear_(std::move(hear)) {}

  void ask() override;
  void remove(const std::string& id) override;
  void rename(const std::string& id, const std::string& name) override;

 private:
  void hear(const Result<>& done);

  client::Session& session_;
  Screen& screen_;
  const client::Ticket& ticket_;
  EventHandler hear_;
};

}  // namespace fastchat::tui
