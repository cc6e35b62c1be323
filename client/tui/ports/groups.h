// Requests about groups, named without '#'. The status line shows the result of a change. GroupChanged follows a change
// that was made.
#pragma once

#include <string>
#include <vector>

#include "client/session/session.h"

namespace fastchat::tui {

class Groups {
 public:
  virtual ~Groups() = default;
  virtual std::vector<client::GroupInfo> list() = 0;
  virtual void create(const std::string& name, std::vector<std::string> members) = 0;
  virtual void change(const std::string& name, client::GroupEdit edit) = 0;
  virtual void leave(const std::string& name) = 0;
  virtual void erase(const std::string& name) = 0;
};

}  // namespace fastchat::tui
