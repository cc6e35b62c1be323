// Death in the middle of a step on the disk. Counts the writes and syncs of this process while a DiskWatch lives (the C
// library's calls, which SQLite and streams make), and calls a DiskDeath right before or right after one of them. One
// watch at a time.
#pragma once

#include <functional>

namespace fastchat::sim {

struct DiskDeath {
  enum class Step { kWrite, kSync };
  Step step = Step::kWrite;
  int left = 0;         // the step at which the death happens, 1: the next; 0: none
  bool before = false;  // the death comes before the step, or after it
  std::function<void()> happens;
};

class DiskWatch {
 public:
  explicit DiskWatch(DiskDeath& death);
  ~DiskWatch();
  DiskWatch(const DiskWatch&) = delete;
  DiskWatch& operator=(const DiskWatch&) = delete;
};

}  // namespace fastchat::sim
