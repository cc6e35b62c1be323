#include "client/tui/file_text.h"

#include <algorithm>
#include <cstdio>

namespace fastchat::tui {

std::string size_text(uint64_t bytes) {
  if (bytes < 1000) return std::to_string(bytes) + " B";
  auto value = static_cast<double>(bytes);
  const char* unit = "B";
  for (const char* larger : {"kB", "MB", "GB"}) {
    if (value < 999.5) break;
    value /= 1000;
    unit = larger;
  }
  char out[32];
  std::snprintf(out, sizeof out, value < 9.95 ? "%.1f %s" : "%.0f %s", value, unit);
  return out;
}

std::string file_text(const client::FileView& file) {
  const std::string what = "[" + file.name + ", " + size_text(file.size) + "]";
  switch (file.state) {
    case client::FileView::State::kNone:
      return what + " not here yet";
    case client::FileView::State::kPartial:
      return what + " partly here";
    case client::FileView::State::kGone:
      return what + " expired";
    case client::FileView::State::kHere:
      break;
  }
  return what;
}

std::string transfer_text(const client::TransferInfo& t) {
  const uint64_t percent = t.size == 0 ? 100 : std::min<uint64_t>(100, t.done * 100 / t.size);
  std::string out = (t.upload ? "sending " : "fetching ") + t.name + " " + std::to_string(percent) + "%";
  if (t.state == client::TransferInfo::State::kWaiting) return out + ", waiting";
  if (t.per_second > 0) out += ", " + size_text(t.per_second) + "/s";
  if (t.seconds_left >= 0) out += ", " + std::to_string(t.seconds_left) + " s";
  return out;
}

}  // namespace fastchat::tui
