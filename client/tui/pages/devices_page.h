// The page that lists the devices of this account, and removes one.
#pragma once

#include <string>
#include <vector>

#include "client/tui/pages/page.h"
#include "client/tui/ports/devices.h"
#include "client/tui/ports/screen.h"

namespace fastchat::tui {

class DevicesPage : public Page {
 public:
  DevicesPage(Screen& screen, Devices& devices) : screen_(screen), port_(devices) { devices.ask(); }
  void draw(Frame& frame) override;
  void press(const Key& key) override;
  void hear(const Event& event) override;

 private:
  enum class State { kAsking, kShown, kSure };
  Screen& screen_;
  Devices& port_;
  State state_ = State::kAsking;
  std::vector<client::DeviceInfo> devices_;
  std::string failure_;
  size_t at_ = 0;
};

}  // namespace fastchat::tui
