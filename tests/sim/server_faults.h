// The faults of a schedule that befall links, workers and the database, whoever the clients are. Draws from the world's
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

  // So long, in us, or until the schedule heals.
  int64_t until_healing(int64_t us) const;
  // False for a fault of another kind.
  bool apply(Fault fault, WorkerNode& worker);

 private:
  World& world_;
  Knobs& knobs_;
  Network& net_;
  Database& database_;
};

}  // namespace fastchat::sim
