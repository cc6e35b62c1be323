// Chooses the quarantined messages that a command prints a line for, so that a sender of thousands of messages that
// cannot be opened fills no terminal and no log. Pure; times are milliseconds of a monotonic clock.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace fastchat::cli {

class QuarantineLines {
 public:
  static constexpr int64_t kWindowMs = 60'000;
  static constexpr int kLinesOfOne = 3, kLinesOfAll = 30;  // in a window

  // Returns the line `text` for one more message from `from`; nothing after enough lines in this minute. The next line
  // counts the messages without a line.
  std::optional<std::string> line(const std::string& from, const std::string& text, int64_t now_ms);
  // Returns a line with the number of messages that no line has shown or counted; "" for none.
  std::string rest();

 private:
  int64_t until_ms_ = 0;  // the end of the window
  int lines_ = 0;
  std::map<std::string, int> lines_of_;  // of this window, kLinesOfAll of them at most
  uint64_t silent_ = 0;
};

}  // namespace fastchat::cli
