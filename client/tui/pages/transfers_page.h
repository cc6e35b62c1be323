// The files on their way up and down: how far each is, and stopping one. What ended while the page is open stays on it.
#pragma once

#include <string>
#include <vector>

#include "client/tui/pages/page.h"

namespace fastchat::tui {

class TransfersPage : public Page {
 public:
  explicit TransfersPage(Desk& desk) : desk_(desk), transfers_(desk.transfers()) {}
  void draw(Frame& frame) override;
  void press(const Key& key) override;
  void hear(const Event& event) override;

 private:
  bool runs(size_t i) const;
  Desk& desk_;
  std::vector<client::TransferInfo> transfers_;
  std::string stopping_;  // the one that the person is asked about
  size_t at_ = 0;
};

}  // namespace fastchat::tui
