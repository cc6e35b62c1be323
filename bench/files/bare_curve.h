// The yardstick: one bare libzmq CURVE connection over loopback TCP, DEALER to ROUTER, that moves messages of a sealed
// chunk's size from one process to another. Nothing is stored, sealed or hashed. Both processes are children. The
// constructor forks them, so make this object before the program has threads or has configured the allocator.
#pragma once

#include <sys/types.h>

#include <cstddef>

#include "common/result.h"

namespace fastchat::bench {

class BareCurve {
 public:
  struct Run {
    double mib_s = 0;  // from the arrival of the first message to that of the last
    double cpu_s = 0;  // of both processes
  };

  BareCurve();
  ~BareCurve();
  BareCurve(const BareCurve&) = delete;
  BareCurve& operator=(const BareCurve&) = delete;

  // Moves `messages` messages of `bytes` bytes each. Blocks.
  Result<Run> run(size_t messages, size_t bytes);

 private:
  pid_t child_ = 0;
  int ask_ = -1, answer_ = -1;
};

}  // namespace fastchat::bench
