// Drawings of picture files for the width that is on the screen, within a bound of memory. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "client/tui/picture/picture.h"
#include "client/tui/terminal/frame.h"

namespace fastchat::tui {

class DrawnPictures {
 public:
  static constexpr size_t kMaxBytes = 32 << 20;  // of all drawings; those in sight stay beyond that

  // When all drawings take more than kMaxBytes, only this one and those of the paths `in_sight` stay.
  void set(const std::string& path, Picture picture, const std::vector<std::string>& in_sight);
  // Null: there is no drawing. The rows are valid until the next set() or clear().
  const std::vector<Row>* rows_of(const std::string& path) const;
  // Returns the paths that have no drawing.
  std::vector<std::string> missing(std::vector<std::string> paths) const;
  void clear() { drawings_.clear(); }

 private:
  struct Drawing {
    Picture picture;
    std::vector<Row> rows;  // name the picture's graphic, where it is
  };
  std::map<std::string, Drawing> drawings_;  // by path
};

}  // namespace fastchat::tui
