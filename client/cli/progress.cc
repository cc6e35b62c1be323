#include "client/cli/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>

#include "client/e2e/unicode.h"

namespace fastchat::cli {
namespace {

size_t columns_of_terminal() {
  winsize w{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 0 ? w.ws_col : 80;
}

}  // namespace

std::string human_bytes(uint64_t bytes) {
  static constexpr const char* kUnits[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes);
  size_t unit = 0;
  for (; value >= 1024 && unit < 4; ++unit) value /= 1024;
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", value, kUnits[unit]);
  return text;
}

std::string progress_line(const client::TransferInfo& t, size_t columns) {
  const uint64_t percent = t.size == 0 ? 100 : t.done * 100 / t.size;
  std::string rest = "  " + std::to_string(percent) + "%";
  if (t.state == client::TransferInfo::State::kWaiting) rest += "  waiting";
  if (t.per_second != 0) rest += "  " + human_bytes(t.per_second) + "/s";
  if (t.seconds_left >= 0) {
    char left[32];
    std::snprintf(left, sizeof left, "  %lld:%02lld left", static_cast<long long>(t.seconds_left / 60),
                  static_cast<long long>(t.seconds_left % 60));
    rest += left;
  }
  const size_t room = columns > rest.size() + 1 ? columns - rest.size() - 1 : 0;
  return std::string(e2e::cut(t.name, room)) + rest;
}

ProgressLine::ProgressLine() : terminal_(isatty(STDERR_FILENO) == 1) {}

ProgressLine::~ProgressLine() {
  if (drawn_) std::fputs("\n", stderr);
}

void ProgressLine::draw(const client::TransferInfo& transfer) {
  if (!terminal_) return;
  std::fprintf(stderr, "\r\x1b[K%s", progress_line(transfer, columns_of_terminal()).c_str());
  std::fflush(stderr);
  drawn_ = true;
}

void ProgressLine::clear() {
  if (drawn_) std::fputs("\r\x1b[K", stderr);
  drawn_ = false;
}

}  // namespace fastchat::cli
