// The account has as many devices as its server allows: the person chooses which one goes, and the log-in is made
// again.
#pragma once

#include <string>
#include <vector>

#include "client/tui/pages/page.h"

namespace fastchat::tui {

class ReplacePage : public Page {
 public:
  explicit ReplacePage(Desk& desk) : desk_(desk), devices_(desk.device_choices()) {}
  void draw(Frame& frame) override;
  void press(const Key& key) override;
  void hear(const Event& event) override;

 private:
  enum class State { kChoosing, kSure, kWorking };
  Desk& desk_;
  State state_ = State::kChoosing;
  const std::vector<client::DeviceInfo> devices_;
  std::string failure_;
  size_t at_ = 0;
};

}  // namespace fastchat::tui
