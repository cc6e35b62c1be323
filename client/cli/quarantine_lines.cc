#include "client/cli/quarantine_lines.h"

#include <utility>

namespace fastchat::cli {

std::optional<std::string> QuarantineLines::line(const std::string& from, const std::string& text, int64_t now_ms) {
  if (now_ms >= until_ms_) {
    until_ms_ = now_ms + kWindowMs;
    lines_ = 0;
    lines_of_.clear();
  }
  const auto of_one = lines_of_.find(from);
  if (lines_ >= kLinesOfAll || (of_one != lines_of_.end() && of_one->second >= kLinesOfOne)) {
    ++silent_;
    return std::nullopt;
  }
  ++lines_;
  ++lines_of_[from];
  const std::string more = rest();
  return more.empty() ? text : text + " (and " + more + ")";
}

std::string QuarantineLines::rest() {
  const uint64_t count = std::exchange(silent_, 0);
  if (count == 0) return "";
  return std::to_string(count) + (count == 1 ? " more message was" : " more messages were") +
         " quarantined; fastchat quarantine lists the newest";
}

}  // namespace fastchat::cli
