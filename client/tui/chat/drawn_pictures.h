// Drawings of picture files for the current width of the screen, within a limit of memory. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "client/tui/picture/picture.h"
#include "client/tui/terminal/frame.h"

namespace fastchat::tui {

class DrawnPictures {
 public:
  static constexpr size_t kMaxBytes = 32 << 20;  // of all drawings; those in sight may take more

  // Adds a drawing. When all drawings take more than kMaxBytes, only this one and those of the paths `in_sight` stay.
  void set(const std::string& path, Picture picture, const std::vector<std::string>& in_sight);
  // Returns the rows of a drawing; null: there is no drawing. The rows are valid until the next set() or clear().
  const std::vector<Row>* rows_of(const std::string& path) const;
  // Returns the paths that have no drawing.
  std::vector<std::string> missing(std::vector<std::string> paths) const;
  void clear() { drawings_.clear(); }

 private:
  struct Drawing {
    Picture picture;
    std::vector<Row> rows;  // point to the graphic in `picture`, which must not move
  };
  std::map<std::string, Drawing> drawings_;  // by path
};

}  // namespace fastchat::tui
