// A file full screen: a picture drawn as large as the screen allows, anything else as text.
#pragma once

#include <string>
#include <vector>

#include "client/tui/pages/pager_page.h"

namespace fastchat::tui {

class ViewPage : public PagerPage {
 public:
  ViewPage(Desk& desk, const std::string& path);
  void draw(Frame& frame) override;
  void on_file(const std::string& path, const Result<LocalFile>& file) override;
  void on_picture(const std::string& path, const Result<Picture>& result) override;
  void redraw_pictures() override;

 private:
  std::string path_;
  bool is_picture_ = false;
  Picture picture_;
  int width_ = 0, height_ = 0;  // for which it was asked
};

}  // namespace fastchat::tui
