// The yardstick: one bare libzmq CURVE connection over loopback TCP, DEALER to ROUTER, moving messages of the size of a
// sealed chunk from one process to another. Nothing is stored, sealed or hashed. Both processes are children, forked
// when this object is made: before the program has threads, or has told the allocator anything.
#pragma once

#include <sys/types.h>

#include <cstddef>

#include "common/result.h"

namespace fastchat::bench {

class BareCurve {
 public:
  struct Run {
    double mib_s = 0;  // from the first message that arrived to the last
    double cpu_s = 0;  // of both processes
  };

  BareCurve();
  ~BareCurve();
  BareCurve(const BareCurve&) = delete;
  BareCurve& operator=(const BareCurve&) = delete;

  // Moves `messages` of `bytes` each; blocking.
  Result<Run> run(size_t messages, size_t bytes);

 private:
  pid_t child_ = 0;
  int ask_ = -1, answer_ = -1;
};

}  // namespace fastchat::bench
