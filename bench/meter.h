// Readings of the machine: monotonic time, CPU time and memory of the measured processes, and the machine's current
// speed. Reads /proc; no state.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace fastchat::bench {

// Returns CLOCK_MONOTONIC in nanoseconds, comparable between the processes of one machine.
uint64_t now_ns();

inline uint64_t seconds_ns(double seconds) {
  return static_cast<uint64_t>(seconds * 1e9);
}

// A measured process; its descendants count with it.
struct Watched {
  std::string label;  // may be empty
  int pid = 0;
};

struct TreeUse {
  double cpu_s = 0;  // user and system, all threads, children that ended included
  uint64_t rss_kb = 0;
};

struct Snapshot {
  uint64_t at_ns = 0;
  double gen_cpu_s = 0;       // this process
  TreeUse servers;            // sum over all watched
  std::vector<TreeUse> each;  // in the order of the watched
  double all_cpu_s = 0;       // every process of the machine
  double steal_s = 0;         // taken by the host of a virtual machine
};

// Reads CPU times in steps of 10 ms, too coarse for phases below 0.3 s. Processes that do not exist count as zero.
Snapshot take_snapshot(const std::vector<Watched>& watched);

// The machine's speed: nanoseconds for a step of a dependent integer chain, and for one 300-byte message through a
// socket pair. Shared hosts drift; compare runs with similar values. A measurement takes about 0.1 s.
struct Speed {
  double alu_ns = 0, sock_ns = 0;
};
Speed machine_speed();

}  // namespace fastchat::bench
