// The page for an account with as many devices as its server allows. The person chooses a device to remove, and the
// page repeats the login.
#pragma once

#include <string>
#include <vector>

#include "client/tui/pages/page.h"
#include "client/tui/ports/accounts.h"
#include "client/tui/ports/screen.h"

namespace fastchat::tui {

class ReplacePage : public Page {
 public:
  ReplacePage(Screen& screen, Accounts& accounts)
      : screen_(screen), accounts_(accounts), devices_(accounts.device_choices()) {}
  void draw(Frame& frame) override;
  void press(const Key& key) override;
  void hear(const Event& event) override;

 private:
  enum class State { kChoosing, kSure, kWorking };
  Screen& screen_;
  Accounts& accounts_;
  State state_ = State::kChoosing;
  const std::vector<client::DeviceInfo> devices_;
  std::string failure_;
  size_t at_ = 0;
};

}  // namespace fastchat::tui
