// One schedule from one seed: a cluster and its people, their work, the faults; then everything heals and has to come
// to rest, does one more round of work, and every rule is checked.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "tests/sim/broker_node.h"
#include "tests/sim/client_node.h"
#include "tests/sim/server_faults.h"
#include "tests/sim/worker_node.h"

namespace fastchat::sim {

struct Outcome {
  bool ok = true;
  std::string rule, text, knobs;
  std::deque<std::string> last_lines;
  int64_t settled_ms = 0;  // from the last link that came back until nothing was open
  uint64_t messages = 0;
};

class Schedule {
 public:
  Schedule(uint64_t seed, Trace trace, Sabotage sabotage);
  Outcome run();

 private:
  void build();
  void plan_start();
  void haunt();
  void plan_work();
  void plan_floods();
  void plan_passwords();
  void type_passwords();
  void plan_faults();
  void plan_copies();
  void put_back(ClientNode& client);
  void work_once();
  void fault_once();
  void apply(Fault fault);
  void break_bus();
  void freeze_one();
  void keep_snapshots();
  void go_back(int64_t most);
  void add_device();
  void heal();
  void settle(const char* after);
  void probe();
  void check_end();
  std::string unrest() const;
  bool somebody_drains(int64_t did) const;
  bool all_live() const;
  bool link_in_doubt() const;
  ClientNode* any_writer();
  ClientNode& make_client(int device, const std::string& user);
  Process* any_process();
  std::string any_user();
  std::vector<std::string> registered_users() const;
  std::vector<std::string> some_users();

  World world_;
  Knobs knobs_;
  Network net_;
  Database database_;
  ServerFaults faults_{world_, knobs_, net_, database_};
  test::MemoryDb db_;
  std::deque<std::pair<int64_t, test::MemoryDb>> snapshots_;  // when, what
  Oracle oracle_;
  std::vector<std::unique_ptr<BrokerNode>> brokers_;
  std::vector<std::unique_ptr<WorkerNode>> workers_;
  std::vector<std::unique_ptr<ClientNode>> clients_;
  std::vector<std::string> users_;
  uint64_t last_body_ = 0;
  bool healed_ = false;
  int64_t settled_us_ = 0;
};

}  // namespace fastchat::sim
