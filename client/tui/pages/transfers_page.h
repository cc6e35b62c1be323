// The page of uploads and downloads. Shows the progress of each, and cancels one. A transfer that ends while the page
// is open stays on the page.
#pragma once

#include <string>
#include <vector>

#include "client/tui/pages/page.h"
#include "client/tui/ports/files.h"
#include "client/tui/ports/screen.h"

namespace fastchat::tui {

class TransfersPage : public Page {
 public:
  TransfersPage(Screen& screen, Files& files) : screen_(screen), files_(files), transfers_(files.transfers()) {}
  void draw(Frame& frame) override;
  void press(const Key& key) override;
  void hear(const Event& event) override;

 private:
  bool runs(size_t i) const;
  Screen& screen_;
  Files& files_;
  std::vector<client::TransferInfo> transfers_;
  std::string stopping_;  // id of the transfer that the question is about
  size_t at_ = 0;
};

}  // namespace fastchat::tui
