// Exponential backoff with jitter: the wait is uniform between half and all of first * 2^n, at most max. Pure.
#pragma once

#include <algorithm>
#include <cstdint>

namespace fastchat::core {

inline int64_t backoff_ms(int64_t first, int64_t max, int attempt, uint64_t random) {
  int64_t full = first;
  for (int i = 0; i < attempt && full < max; ++i) full *= 2;
  full = std::min(full, max);
  return full - static_cast<int64_t>(random % static_cast<uint64_t>(full / 2 + 1));
}

}  // namespace fastchat::core
