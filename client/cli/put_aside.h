// Chooses the messages put aside that a command prints a line for, so that a sender of thousands that do not open fills
// no terminal and no log. Pure; times are milliseconds of a monotonic clock.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace fastchat::cli {

class PutAside {
 public:
  static constexpr int64_t kWindowMs = 60'000;
  static constexpr int kLinesOfOne = 3, kLinesOfAll = 30;  // in a window

  // The line for one more from `from`, which `text` tells of; nothing when there were enough in this minute. The next
  // line says how many had none.
  std::optional<std::string> line(const std::string& from, const std::string& text, int64_t now_ms);
  // Says how many messages had no line and were not counted in a later line; "" for none.
  std::string rest();

 private:
  int64_t until_ms_ = 0;  // the end of the window
  int lines_ = 0;
  std::map<std::string, int> lines_of_;  // of this window, kLinesOfAll of them at most
  uint64_t silent_ = 0;
};

}  // namespace fastchat::cli
