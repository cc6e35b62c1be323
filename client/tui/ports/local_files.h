// Requests about files of this disk.
#pragma once

#include <string>
#include <vector>

namespace fastchat::tui {

class LocalFiles {
 public:
  virtual ~LocalFiles() = default;
  // Returns the paths that begin with `begin`, for completion; folders end in a slash.
  virtual std::vector<std::string> paths(const std::string& begin) = 0;
  virtual void read(const std::string& path) = 0;  // the answer is FileRead
  virtual void draw(const std::string& path, int columns,
                    int rows) = 0;  // the answer is PictureDrawn, of at most columns x rows cells
};

}  // namespace fastchat::tui
