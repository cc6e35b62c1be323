#include "client/cli/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "client/e2e/sanitise.h"
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
  const uint64_t percent =
      t.size == 0 ? 100 : static_cast<uint64_t>(static_cast<double>(t.done) * 100 / static_cast<double>(t.size));
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

client::TransferInfo read_progress(const JsonValue& transfer) {
  const auto number = [&](const char* name) {
    const JsonValue* value = transfer.find(name);
    return value == nullptr ? int64_t{-1} : std::max<int64_t>(value->whole().value_or(-1), -1);
  };
  client::TransferInfo out;
  if (const JsonValue* name = transfer.find("name")) out.name = e2e::sanitise_line(name->text);
  const JsonValue* state = transfer.find("state");
  const bool waits = state != nullptr && state->text == client::name(client::TransferInfo::State::kWaiting);
  out.state = waits ? client::TransferInfo::State::kWaiting : client::TransferInfo::State::kRunning;
  out.size = static_cast<uint64_t>(std::max<int64_t>(number("size"), 0));
  out.done = std::min(static_cast<uint64_t>(std::max<int64_t>(number("done"), 0)), out.size);
  out.per_second = static_cast<uint64_t>(std::max<int64_t>(number("per_second"), 0));
  out.seconds_left = number("seconds_left");
  return out;
}

ProgressLine::ProgressLine() : terminal_(isatty(STDERR_FILENO) == 1) {}

ProgressLine::~ProgressLine() {
  if (drawn_) std::fputs("\n", stderr);
}

void ProgressLine::draw(const Progress& progress) {
  if (!terminal_) return;
  const std::string line = progress.transfer ? progress_line(*progress.transfer, columns_of_terminal()) : progress.line;
  if (line.empty()) return clear();
  std::fprintf(stderr, "\r\x1b[K%s", line.c_str());
  std::fflush(stderr);
  drawn_ = true;
}

void ProgressLine::clear() {
  if (drawn_) std::fputs("\r\x1b[K", stderr);
  drawn_ = false;
}

}  // namespace fastchat::cli
