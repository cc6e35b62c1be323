#include "worker/store/quota.h"

namespace fastchat::worker {

bool Quota::must_measure(uint64_t did, int64_t now) const {
  const auto it = levels_.find(did);
  if (it == levels_.end()) return true;
  return full(it->second) && now - it->second.measured_at >= kMeasureAgain;
}

void Quota::measured(uint64_t did, uint64_t rows, uint64_t bytes, int64_t now) {
  if (levels_.size() >= kMost) levels_.clear();
  levels_[did] = Level{rows, bytes, now};
}

bool Quota::take(uint64_t did, uint64_t bytes) {
  Level& l = levels_[did];
  if (full(l)) return false;
  ++l.rows;
  l.bytes += bytes;
  return true;
}

}  // namespace fastchat::worker
