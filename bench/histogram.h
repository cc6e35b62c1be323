// Latencies in nanoseconds, counted in buckets with a width below 1% of their value. Adding takes a few nanoseconds and
// allocates nothing. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace fastchat::bench {

class Histogram {
 public:
  Histogram();

  void add(uint64_t value);
  uint64_t count() const { return count_; }
  uint64_t max() const { return max_; }

  // Returns the value at or below which `percent` of all values lie, within 1% and never above max(); 0 when empty.
  uint64_t percentile(double percent) const;

 private:
  static constexpr unsigned kBits = 7;  // 128 buckets for each power of two
  static size_t bucket(uint64_t value);
  static uint64_t middle(size_t bucket);

  std::vector<uint64_t> buckets_;
  uint64_t count_ = 0;
  uint64_t max_ = 0;
};

}  // namespace fastchat::bench
