// The page that lists the devices of this account, gives one a name, and removes one.
#pragma once

#include <string>
#include <vector>

#include "client/tui/pages/line_editor.h"
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
  Letters letters() const override { return state_ == State::kNaming ? Letters::kText : Letters::kAct; }

 private:
  enum class State { kAsking, kShown, kSure, kNaming };
  void draw_name(Frame& frame) const;
  void press_in_name(const Key& key);
  Screen& screen_;
  Devices& port_;
  State state_ = State::kAsking;
  std::vector<client::DeviceInfo> devices_;
  std::string failure_;
  size_t at_ = 0;
  std::string named_;  // id of the device that gets the name in the editor
  LineEditor name_;
};

}  // namespace fastchat::tui
