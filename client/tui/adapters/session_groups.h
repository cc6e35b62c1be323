// Implements Groups over a session.
#pragma once

#include <string>
#include <vector>

#include "client/session/session.h"
#include "client/tui/ports/groups.h"
#include "client/tui/ports/screen.h"

namespace fastchat::tui {

class SessionGroups : public Groups {
 public:
  SessionGroups(client::Session& session, Screen& screen) : session_(session), screen_(screen) {}

  std::vector<client::GroupInfo> list() override;
  void create(const std::string& name, std::vector<std::string> members) override;
  void change(const std::string& name, client::GroupEdit edit) override;
  void leave(const std::string& name) override;
  void erase(const std::string& name) override;

 private:
  void say_asking();

  client::Session& session_;
  Screen& screen_;
};

}  // namespace fastchat::tui
