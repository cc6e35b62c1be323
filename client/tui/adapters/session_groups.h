// Implements Groups over a session.
#pragma once

#include <string>
#include <vector>

#include "client/runtime/tickets.h"
#include "client/session/session.h"
#include "client/tui/ports/groups.h"
#include "client/tui/ports/screen.h"

namespace fastchat::tui {

class SessionGroups : public Groups {
 public:
  SessionGroups(client::Session& session, Screen& screen, const client::Ticket& ticket)
      : session_(session), screen_(screen), ticket_(ticket) {}

  std::vector<client::GroupInfo> list() override;
  void create(const std::string& name, std::vector<std::string> members) override;
  void change(const std::string& name, client::GroupEdit edit) override;
  void leave(const std::string& name) override;
  void erase(const std::string& name) override;

 private:
  void say_asking();
  client::Session::Done told(std::string good);

  client::Session& session_;
  Screen& screen_;
  const client::Ticket& ticket_;
};

}  // namespace fastchat::tui
