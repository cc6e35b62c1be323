// Measures the worker's answer time, smoothed, with one question open at a time. The shown value ignores small changes,
// so that the screen need not be redrawn for them. Pure; part of the Link.
#pragma once

#include <cstdint>
#include <cstdlib>

namespace fastchat::core {

class Latency {
 public:
  void forget() { *this = Latency(); }
  // Records a question sent at `now`. Returns false while an earlier question is open, because the two answers could
  // not be told apart.
  bool ask(int64_t now) {
    if (asked_at_ >= 0) return false;
    asked_at_ = now;
    return true;
  }
  // Records the answer to the question. Returns true when shown_ms() changed.
  bool answer(int64_t now) {
    if (asked_at_ < 0) return false;
    const int64_t took = (now - asked_at_) * kParts;
    asked_at_ = -1;
    smoothed_ = smoothed_ < 0 ? took : smoothed_ + (took - smoothed_) / 4;
    const int64_t least = shown_ / 4 > 2 ? shown_ / 4 : 2;
    if (shown_ >= 0 && std::abs(smoothed_ - shown_ * kParts) < least * kParts) return false;
    shown_ = (smoothed_ + kParts / 2) / kParts;
    return true;
  }
  int64_t shown_ms() const { return shown_; }  // -1: not known

 private:
  static constexpr int64_t kParts = 16;  // units per millisecond
  int64_t asked_at_ = -1, smoothed_ = -1, shown_ = -1;
};

}  // namespace fastchat::core
