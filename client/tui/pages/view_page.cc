#include "client/tui/pages/view_page.h"

#include <algorithm>

#include "client/e2e/sanitise.h"
#include "client/tui/terminal/text.h"

namespace fastchat::tui {

ViewPage::ViewPage(Screen& screen, LocalFiles& files, const std::string& path)
    : PagerPage(screen, e2e::sanitise_line(path), {{{"Reading ...", Style::kDim}}}), files_(files), path_(path) {
  files.read(path);
}

void ViewPage::hear(const Event& event) {
  if (const auto* read = std::get_if<FileRead>(&event); read != nullptr && read->path == path_) show(read->file);
  if (const auto* drawn = std::get_if<PictureDrawn>(&event); drawn != nullptr && drawn->path == path_) {
    show(drawn->picture);
  }
  if (std::holds_alternative<PictureFormChanged>(event)) width_ = height_ = 0;
}

void ViewPage::show(const Result<LocalFile>& file) {
  if (!file.ok()) return set_rows({{{file.error().text, Style::kBad}}});
  is_picture_ = file->kind == LocalFile::Kind::kPicture;
  if (is_picture_) return set_rows({{{"Drawing ...", Style::kDim}}});
  if (file->kind == LocalFile::Kind::kOther) {
    return set_rows({{{"This file is neither text nor a picture. Open it with another program:", Style::kDim}},
                     {{e2e::sanitise_line(path_)}}});
  }
  std::vector<Row> rows;
  for (size_t at = 0; at <= file->text.size();) {
    const size_t end = std::min(file->text.find('\n', at), file->text.size());
    rows.push_back({{expand_tabs(std::string_view(file->text).substr(at, end - at))}});
    at = end + 1;
  }
  if (file->more) rows.push_back({{"The page shows only the first MiB of this file.", Style::kDim}});
  set_rows(std::move(rows));
}

void ViewPage::draw(Frame& frame) {
  if (is_picture_ && (frame.width != width_ || frame.height != height_)) {
    width_ = frame.width;
    height_ = frame.height;
    files_.draw(path_, width_ - 2, height_ - 3);
  }
  PagerPage::draw(frame);
}

void ViewPage::show(const Result<Picture>& picture) {
  if (!picture.ok()) return set_rows({{{picture.error().text, Style::kBad}}});
  picture_ = *picture;
  set_rows(rows_of(picture_));
}

}  // namespace fastchat::tui
