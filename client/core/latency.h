// Measures how long the worker takes to answer: one question under way at a time, smoothed. The shown number stands
// still while the time changes little, so that a screen need not be drawn for it. Pure; lives in the Link.
#pragma once

#include <cstdint>
#include <cstdlib>

namespace fastchat::core {

class Latency {
 public:
  void forget() { *this = Latency(); }
  // A question went out; false while one is open already, whose answer could not be told from this one's.
  bool ask(int64_t now) {
    if (asked_at_ >= 0) return false;
    asked_at_ = now;
    return true;
  }
  // The answer to the question came; true when shown_ms() has another value.
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
  static constexpr int64_t kParts = 16;  // of a millisecond
  int64_t asked_at_ = -1, smoothed_ = -1, shown_ = -1;
};

}  // namespace fastchat::core
