// The database behind a process: lanes that execute one request after the other on the shared MemoryDb, with latency,
// outages, refusals and commits in doubt, as the stores over PostgreSQL have them. A statement whose connection broke
// is repeated once on a new one. A second failure is answered BUSY, whether or not the first try was committed.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <utility>

#include "tests/sim/process.h"

namespace fastchat::sim {

// The state of the database itself, shared by all lanes.
struct Database {
  int64_t down_until = 0;  // world time
  int64_t slow_until = 0;
  int busy = 0, doubt = 0;  // permille
};

class StoreLane {
 public:
  struct Job {
    std::function<void()> execute;  // on the database; may be called twice
    std::function<void()> refuse;   // makes the answer BUSY
    std::function<void()> answer;   // in the process
  };

  StoreLane(World& world, const Knobs& knobs, const Database& database, Process& process)
      : world_(world), knobs_(knobs), database_(database), process_(process) {}

  void submit(Job job);
  // Ends the lane of a dead process: its requests may be executed all the same.
  void process_died();

 private:
  void next();
  void run(Job job, int attempt);
  void finish(Job job);
  int64_t latency();

  World& world_;
  const Knobs& knobs_;
  const Database& database_;
  Process& process_;
  std::deque<Job> waiting_;
  bool at_work_ = false;
  uint64_t epoch_ = 0;
};

}  // namespace fastchat::sim
