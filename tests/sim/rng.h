// The one source of chance of a schedule (splitmix64). Everything random in the simulator comes from here, in the order
// of its events, so a seed is a schedule.
#pragma once

#include <cstdint>

#include "common/bytes.h"

namespace fastchat::sim {

class Rng {
 public:
  explicit Rng(uint64_t seed) : state_(seed) {
    // Neighbouring seeds must not give the same sequence, shifted by one.
    state_ = next() ^ (next() << 1);
  }

  uint64_t next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15ull);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
  }
  // Returns 0 to n - 1; n is at least 1.
  uint64_t below(uint64_t n) { return next() % n; }
  // Returns low to high, both included.
  int64_t between(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(below(static_cast<uint64_t>(high - low) + 1));
  }
  bool chance(int permille) { return static_cast<int>(below(1000)) < permille; }
  // Returns mostly small values, now and then up to `high`: latencies and pauses.
  int64_t skewed(int64_t low, int64_t high) {
    const int64_t span = (high - low) >> below(8);
    return low + between(0, span);
  }
  Bytes bytes(size_t n) {
    Bytes out;
    while (out.size() < n) put_u64(out, next());
    out.resize(n);
    return out;
  }

 private:
  uint64_t state_;
};

}  // namespace fastchat::sim
