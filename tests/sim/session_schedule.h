// One schedule of whole sessions: the same cluster, network and faults as in schedule.h, with clients as people run
// them. Everything heals, comes to rest, does one more round of work, and every rule is checked.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/sim/schedule.h"
#include "tests/sim/session_node.h"
#include "tests/support/memory_file_store.h"

namespace fastchat::sim {

class SessionSchedule {
 public:
  // `root`: a folder that does not exist yet and goes with the schedule.
  SessionSchedule(uint64_t seed, Trace trace, Sabotage sabotage, std::string root);
  ~SessionSchedule();
  Outcome run();

 private:
  void build();
  void plan();
  void plan_copies();
  void tend();
  void fault_once();
  void apply(Fault fault);
  void break_bus();
  void add_device();
  void heal();
  void settle(const char* after);
  std::string unrest() const;
  std::string groups_at_rest() const;
  SessionNode& make_client(int device, const std::string& user);
  SessionNode& any_client() { return *clients_[world_.rng.below(clients_.size())]; }
  WorkerNode& any_worker() { return *workers_[world_.rng.below(workers_.size())]; }
  std::vector<std::string> people() const;

  const std::string root_;
  World world_;
  Knobs knobs_;
  Network net_;
  Database database_;
  ServerFaults faults_{world_, knobs_, net_, database_};
  test::MemoryDb db_;
  test::MemoryFileStore files_{db_};
  Oracle servers_;  // what brokers and workers do in the database
  Readers readers_;
  std::vector<std::unique_ptr<BrokerNode>> brokers_;
  std::vector<std::unique_ptr<WorkerNode>> workers_;
  std::vector<std::unique_ptr<SessionNode>> clients_;
  std::vector<std::string> users_;
  bool healed_ = false;
  int64_t settled_us_ = 0;
};

}  // namespace fastchat::sim
