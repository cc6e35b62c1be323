// The windows of an open profile, ordered by their last use. The window in front notifies the person of messages, so
// that two windows do not ring twice. Lives on the session's thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace fastchat::client {

class Front {
 public:
  using Told = std::function<void(bool in_front)>;

  // Adds a window, in front, and returns its number. Calls `told` when the window comes to the front or goes behind,
  // until the window leaves.
  uint64_t join(Told told) {
    windows_.push_back({++last_, nullptr});
    change([&] { std::rotate(windows_.begin(), windows_.end() - 1, windows_.end()); });
    windows_.front().told = std::move(told);
    return last_;
  }
  void leave(uint64_t window) {
    change([&] { std::erase_if(windows_, [&](const Window& w) { return w.number == window; }); });
  }
  // Moves a window to the front, because the person types into the window or turned to it.
  void used(uint64_t window) {
    const auto it = std::find_if(windows_.begin(), windows_.end(), [&](const Window& w) { return w.number == window; });
    if (it == windows_.begin() || it == windows_.end()) return;
    change([&] { std::rotate(windows_.begin(), it, it + 1); });
  }
  bool is(uint64_t window) const { return !windows_.empty() && windows_.front().number == window; }

 private:
  struct Window {
    uint64_t number = 0;
    Told told;
  };
  template <class Call>
  void change(Call call) {
    const uint64_t before = windows_.empty() ? 0 : windows_.front().number;
    call();
    for (const Window& w : windows_) {
      const bool now = is(w.number);
      if (w.told && now != (w.number == before)) w.told(now);
    }
  }

  std::vector<Window> windows_;  // the first is in front
  uint64_t last_ = 0;
};

}  // namespace fastchat::client
