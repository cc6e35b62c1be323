// The faults of a schedule that hit links, workers and the database, for any kind of client. Draws from the world's
// random numbers.
#pragma once

#include <cstdint>

#include "tests/sim/network.h"
#include "tests/sim/worker_node.h"

namespace fastchat::sim {

// Kills the process, and starts it again within `most` us.
void restart_later(World& world, Process& process, int64_t most);

class ServerFaults {
 public:
  ServerFaults(World& world, Knobs& knobs, Network& net, Database& database)
      : world_(world), knobs_(knobs), net_(net), database_(database) {}

  // Returns `us`, or the time until the schedule heals if that is shorter.
  int64_t until_healing(int64_t us) const;
  // Returns false for a fault of another kind.
  bool apply(Fault fault, WorkerNode& worker);

 private:
  World& world_;
  Knobs& knobs_;
  Network& net_;
  Database& database_;
};

}  // namespace fastchat::sim
