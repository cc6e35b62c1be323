// Requests about the devices of this account.
#pragma once

#include <string>

namespace fastchat::tui {

class Devices {
 public:
  virtual ~Devices() = default;
  virtual void ask() = 0;                          // the answer is DevicesListed
  virtual void remove(const std::string& id) = 0;  // the answer is DevicesListed, after the removal
  virtual void rename(const std::string& id, const std::string& name) = 0;  // likewise
};

}  // namespace fastchat::tui
