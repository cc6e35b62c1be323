#include "client/tui/chat/drawn_pictures.h"

#include <algorithm>
#include <utility>

namespace fastchat::tui {

void DrawnPictures::set(const std::string& path, Picture picture, const std::vector<std::string>& in_sight) {
  Drawing& drawing = drawings_[path];
  drawing.picture = std::move(picture);
  drawing.rows = tui::rows_of(drawing.picture);
  size_t bytes = 0;
  for (const auto& [name, other] : drawings_) bytes += bytes_of(other.picture);
  if (bytes <= kMaxBytes) return;
  std::erase_if(drawings_, [&](const auto& other) {
    return other.first != path && std::find(in_sight.begin(), in_sight.end(), other.first) == in_sight.end();
  });
}

const std::vector<Row>* DrawnPictures::rows_of(const std::string& path) const {
  const auto found = drawings_.find(path);
  return found == drawings_.end() ? nullptr : &found->second.rows;
}

std::vector<std::string> DrawnPictures::missing(std::vector<std::string> paths) const {
  std::erase_if(paths, [this](const std::string& path) { return drawings_.contains(path); });
  return paths;
}

}  // namespace fastchat::tui
