#include "client/tui/chat/picture_previews.h"

#include <algorithm>

namespace fastchat::tui {
namespace {

constexpr int kMaxRows = 14, kMaxColumns = 60, kMinColumns = 8;

}  // namespace

void PicturePreviews::set_room(int columns, int rows) {
  columns_ = columns;
  rows_ = rows;
}

void PicturePreviews::ask() {
  const int columns = std::min(columns_, kMaxColumns);
  for (const std::string& path : pane_.drawings().missing(pane_.pictures_in_sight())) {
    if (columns < kMinColumns || !asked_.insert(path + " " + std::to_string(columns)).second) continue;
    files_.draw(path, columns, std::min(rows_, kMaxRows));
  }
}

void PicturePreviews::hear(const PictureDrawn& drawn) {
  const auto& picture = drawn.picture;
  if (!picture.ok() || columns_of(*picture) > kMaxColumns || rows_high(*picture) > kMaxRows) return;
  // A drawn picture is requested again when the width changes. A failed one is not requested again.
  std::erase_if(asked_, [&](const std::string& asked) { return asked.starts_with(drawn.path + " "); });
  if (columns_of(*picture) <= columns_) pane_.drawings().set(drawn.path, *picture, pane_.pictures_in_sight());
}

void PicturePreviews::reset() {
  asked_.clear();
  pane_.drawings().clear();
}

}  // namespace fastchat::tui
