// Requests about the devices of this account.
#pragma once

#include <string>

namespace fastchat::tui {

class Devices {
 public:
  virtual ~Devices() = default;
  virtual void ask() = 0;                          // DevicesListed
  virtual void remove(const std::string& id) = 0;  // DevicesListed once it is gone
};

}  // namespace fastchat::tui
