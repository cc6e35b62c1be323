#include "client/tui/pages/file_text.h"

#include <algorithm>
#include <cstdio>

namespace fastchat::tui {
namespace {

uint64_t percent_of(const client::TransferInfo& t) {
  return t.size == 0 ? 100 : std::min<uint64_t>(100, t.done * 100 / t.size);
}

}  // namespace

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

bool under_way(const client::TransferInfo& t) {
  return t.state == client::TransferInfo::State::kRunning || t.state == client::TransferInfo::State::kWaiting;
}

std::string progress_text(const client::TransferInfo& t) {
  if (t.state == client::TransferInfo::State::kDone) return t.upload || t.path.empty() ? "done" : "done: " + t.path;
  if (!under_way(t)) return t.text.empty() ? client::name(t.state) : t.text;
  const uint64_t percent = percent_of(t);
  const size_t full = static_cast<size_t>(percent / 10);
  std::string out = "[" + std::string(full, '#') + std::string(10 - full, '.') + "] " + std::to_string(percent) +
                    "%  " + size_text(t.done) + " of " + size_text(t.size);
  if (t.state == client::TransferInfo::State::kWaiting) return out + "  waiting";
  if (t.per_second > 0) out += "  " + size_text(t.per_second) + "/s";
  if (t.seconds_left >= 0) out += "  " + std::to_string(t.seconds_left) + " s left";
  return out;
}

std::string transfer_text(const client::TransferInfo& t) {
  std::string out = (t.upload ? "sending " : "fetching ") + t.name + " " + std::to_string(percent_of(t)) + "%";
  if (t.state == client::TransferInfo::State::kWaiting) return out + ", waiting";
  if (t.per_second > 0) out += ", " + size_text(t.per_second) + "/s";
  if (t.seconds_left >= 0) out += ", " + std::to_string(t.seconds_left) + " s";
  return out;
}

}  // namespace fastchat::tui
