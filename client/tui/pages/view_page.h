// The page that shows one file full screen: a picture drawn as large as the screen allows, anything else as text.
#pragma once

#include <string>
#include <vector>

#include "client/tui/pages/pager_page.h"
#include "client/tui/ports/local_files.h"

namespace fastchat::tui {

class ViewPage : public PagerPage {
 public:
  ViewPage(Screen& screen, LocalFiles& files, const std::string& path);
  void draw(Frame& frame) override;
  void hear(const Event& event) override;

 private:
  void show(const Result<LocalFile>& file);
  void show(const Result<Picture>& picture);
  LocalFiles& files_;
  std::string path_;
  bool is_picture_ = false;
  Picture picture_;
  int width_ = 0, height_ = 0;  // the size of the requested drawing
};

}  // namespace fastchat::tui
