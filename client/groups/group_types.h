// A group for the screen and the command line, and the changes that its admin may make. Plain data.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/bytes.h"

namespace fastchat::client {

struct GroupInfo {
  std::string name;  // without '#', unique on this device
  Bytes id;          // 32 bytes
  uint64_t epoch = 0;
  std::string admin;
  std::vector<std::string> members;  // ascending, this user among them
  bool member = false;               // this user is in it now
  bool admin_is_me = false;
  bool readable = false;  // the key of the newest epoch is here
  bool deleted = false;
  bool request = false;  // of a stranger, and without an answer of this user; GroupBook leaves it false
};

// One change, made as one epoch. An added user must not be a member yet, and a handover adds nobody.
struct GroupEdit {
  std::vector<std::string> add{}, remove{};
  std::string rename{}, hand_over_to{};
  bool renew = false;  // list the members under the keys that they have now
  bool empty() const { return add.empty() && remove.empty() && rename.empty() && hand_over_to.empty() && !renew; }
};

}  // namespace fastchat::client
