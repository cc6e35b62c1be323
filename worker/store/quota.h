// How much is queued for a device, as far as this worker's writer knows: an estimate that only grows until it is
// measured again, so the database is asked once for a device and then only near the limit. Pure; time in microseconds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>

namespace fastchat::worker {

struct QuotaLimits {
  uint64_t rows = 100'000;
  uint64_t bytes = 256 << 20;
};

class Quota {
 public:
  explicit Quota(QuotaLimits limits) : limits_(limits) {}

  // Has the database to be asked before something is queued for this device?
  bool must_measure(uint64_t did, int64_t now) const;
  void measured(uint64_t did, uint64_t rows, uint64_t bytes, int64_t now);
  // Accounts for one message; false (and nothing accounted) when the device is full.
  bool take(uint64_t did, uint64_t bytes);

 private:
  static constexpr int64_t kMeasureAgain = 1'000'000;
  static constexpr size_t kMost = 200'000;
  struct Level {
    uint64_t rows = 0, bytes = 0;
    int64_t measured_at = 0;
  };
  bool full(const Level& l) const { return l.rows >= limits_.rows || l.bytes >= limits_.bytes; }
  QuotaLimits limits_;
  std::unordered_map<uint64_t, Level> levels_;
};

}  // namespace fastchat::worker
