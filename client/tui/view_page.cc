#include "client/tui/view_page.h"

#include "client/e2e/sanitise.h"

namespace fastchat::tui {

ViewPage::ViewPage(Desk& desk, const std::string& path)
    : PagerPage(desk, e2e::sanitise_line(path), {}), path_(path), picture_(desk.is_picture(path)) {
  if (picture_) {
    set_rows({{{"Drawing ...", Style::kDim}}});
    return;
  }
  const auto text = desk.read_text(path);
  if (!text.ok()) {
    set_rows({{{text.error().text, Style::kBad}}});
    return;
  }
  std::vector<Row> rows;
  for (size_t at = 0; at <= text->size();) {
    const size_t end = std::min(text->find('\n', at), text->size());
    rows.push_back({{text->substr(at, end - at)}});
    at = end + 1;
  }
  set_rows(std::move(rows));
}

void ViewPage::draw(Frame& frame) {
  if (picture_ && (frame.width != width_ || frame.height != height_)) {
    width_ = frame.width;
    height_ = frame.height;
    desk_.draw_picture(path_, width_ - 2, height_ - 3);
  }
  PagerPage::draw(frame);
}

void ViewPage::on_picture(const std::string& path, const Result<CellGrid>& result) {
  if (path != path_) return;
  if (!result.ok()) return set_rows({{{result.error().text, Style::kBad}}});
  set_rows(rows_of(*result));
}

}  // namespace fastchat::tui
