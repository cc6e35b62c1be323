#include "bench/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace fastchat::bench {

Histogram::Histogram() : buckets_((64 - kBits + 1) << kBits, 0) {}

// Values below 2^kBits have a bucket each. Above, the exponent and the kBits bits behind the leading bit choose it.
size_t Histogram::bucket(uint64_t value) {
  if (value < (1u << kBits)) return static_cast<size_t>(value);
  const unsigned exponent = 63 - static_cast<unsigned>(std::countl_zero(value));
  const uint64_t mantissa = value >> (exponent - kBits) & ((1u << kBits) - 1);
  return static_cast<size_t>((exponent - kBits + 1) << kBits | mantissa);
}

uint64_t Histogram::middle(size_t bucket) {
  if (bucket < (1u << kBits)) return bucket;
  const unsigned shift = static_cast<unsigned>(bucket >> kBits) - 1;
  const uint64_t low = ((1u << kBits) | (bucket & ((1u << kBits) - 1))) << shift;
  return low + (uint64_t{1} << shift) / 2;
}

void Histogram::add(uint64_t value) {
  ++count_;
  max_ = std::max(max_, value);
  ++buckets_[bucket(value)];
}

uint64_t Histogram::percentile(double percent) const {
  if (count_ == 0) return 0;
  const double rank = std::ceil(percent / 100 * static_cast<double>(count_));
  const uint64_t wanted = std::clamp<uint64_t>(static_cast<uint64_t>(rank), 1, count_);
  uint64_t seen = 0;
  for (size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen >= wanted) return std::min(max_, middle(i));
  }
  return max_;
}

}  // namespace fastchat::bench
