#include "client/tui/pages/view_page.h"

#include <algorithm>

#include "client/e2e/sanitise.h"

namespace fastchat::tui {

ViewPage::ViewPage(Desk& desk, const std::string& path)
    : PagerPage(desk, e2e::sanitise_line(path), {{{"Reading ...", Style::kDim}}}), path_(path) {
  desk.look_at(path);
}

void ViewPage::on_file(const std::string& path, const Result<LocalFile>& file) {
  if (path != path_) return;
  if (!file.ok()) return set_rows({{{file.error().text, Style::kBad}}});
  is_picture_ = file->kind == LocalFile::Kind::kPicture;
  if (is_picture_) return set_rows({{{"Drawing ...", Style::kDim}}});
  if (file->kind == LocalFile::Kind::kOther) {
    return set_rows({{{"This is neither text nor a picture. Open it with a program for its kind:", Style::kDim}},
                     {{e2e::sanitise_line(path)}}});
  }
  std::vector<Row> rows;
  for (size_t at = 0; at <= file->text.size();) {
    const size_t end = std::min(file->text.find('\n', at), file->text.size());
    rows.push_back({{file->text.substr(at, end - at)}});
    at = end + 1;
  }
  if (file->more) rows.push_back({{"The file goes on: this was its first MiB.", Style::kDim}});
  set_rows(std::move(rows));
}

void ViewPage::draw(Frame& frame) {
  if (is_picture_ && (frame.width != width_ || frame.height != height_)) {
    width_ = frame.width;
    height_ = frame.height;
    desk_.draw_picture(path_, width_ - 2, height_ - 3);
  }
  PagerPage::draw(frame);
}

void ViewPage::on_picture(const std::string& path, const Result<Picture>& result) {
  if (path != path_) return;
  if (!result.ok()) return set_rows({{{result.error().text, Style::kBad}}});
  picture_ = *result;
  set_rows(rows_of(picture_));
}

void ViewPage::redraw_pictures() {
  width_ = height_ = 0;
}

}  // namespace fastchat::tui
