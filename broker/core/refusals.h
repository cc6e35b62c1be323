// Delayed refusals, so that a client that guesses or asks too often waits for each answer instead of keeping the broker
// and the database at work. Pure; time is a parameter. Memory is bounded: over kMax the caller sends the refusal at
// once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>

#include "broker/core/ports.h"
#include "common/result.h"

namespace fastchat::broker {

struct Refusal {
  Rid rid = 0;
  uint64_t serial = 0;  // of the link that asked
  Code code = Code::kThrottled;
  std::string text;
  uint64_t retry_after_ms = 0;
};

class Refusals {
 public:
  static constexpr size_t kMax = 4'096;

  // `delay_us`: 0 delays nothing.
  explicit Refusals(int64_t delay_us) : delay_us_(delay_us) {}

  // Returns false when the caller must send the refusal now: there is no room, or the delay is 0.
  [[nodiscard]] bool add(int64_t now_us, Refusal&& refusal) {
    if (delay_us_ == 0 || waiting_.size() >= kMax) return false;
    // The wait in retry_after_ms begins when the refusal is sent.
    const auto delay_ms = static_cast<uint64_t>(delay_us_ / 1'000);
    if (refusal.retry_after_ms > 0) {
      refusal.retry_after_ms = refusal.retry_after_ms > delay_ms ? refusal.retry_after_ms - delay_ms : 1;
    }
    waiting_.emplace_back(now_us + delay_us_, std::move(refusal));
    return true;
  }
  // Removes and returns the next refusal that is due by now_us.
  std::optional<Refusal> take(int64_t now_us) {
    if (waiting_.empty() || waiting_.front().first > now_us) return std::nullopt;
    Refusal out = std::move(waiting_.front().second);
    waiting_.pop_front();
    return out;
  }
  int64_t next_due_us() const { return waiting_.empty() ? INT64_MAX : waiting_.front().first; }
  void clear() { waiting_.clear(); }

 private:
  const int64_t delay_us_;
  std::deque<std::pair<int64_t, Refusal>> waiting_;  // due at, us; ascending
};

}  // namespace fastchat::broker
