// The servers of a schedule and their faults: brokers, workers, network, database. The base of the schedules with light
// clients (schedule.h) and with whole sessions (session_schedule.h), which add the clients.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/sim/broker_node.h"
#include "tests/sim/server_faults.h"
#include "tests/sim/worker_node.h"

namespace fastchat::sim {

struct Outcome {
  bool ok = true;
  std::string rule, text, knobs;
  std::deque<std::string> last_lines;
  int64_t settled_ms = 0;  // from the last link that came back until nothing was open
};

class Cluster {
 public:
  virtual ~Cluster() = default;
  // Runs the whole schedule, until it ends or a rule breaks.
  Outcome run();

 protected:
  Cluster(uint64_t seed, Trace trace, Sabotage sabotage);

  // Does the work, the faults, the healing and the checks. Throws Violation.
  virtual void play() = 0;
  // Makes a client that does not run yet. `device`: 10 times the user's number, and the number of the device.
  virtual Process& make_client(int device, const std::string& user) = 0;
  virtual void apply(Fault fault) = 0;

  // Makes the servers and a first device of each user. `oracle` judges the changes of the servers in the database.
  void build(Oracle& oracle);
  // Starts each server and client some time in the first seconds.
  void start_all();
  // Adds a device to a user who has an account; three devices at most.
  void add_device();
  void plan_faults();
  // Copies the disks of clients, in use or not, and puts each copy back some time later. `clients` outlives the run.
  template <class Client>
  void plan_copies(const std::vector<std::unique_ptr<Client>>& clients) {
    for (int i = 0; i < knobs_.copies; ++i) {
      world_.at(world_.rng.between(2 * kSecond, knobs_.duration),
                [this, &clients] { copy_disk(*clients[world_.rng.below(clients.size())]); });
    }
  }
  // Ends all faults, and starts the servers that do not run. `restart` does the same for the clients.
  void heal_servers();
  // Takes the database back by at most `most` us of commits. Returns the database as it was before; nullopt when
  // nothing was lost.
  std::optional<test::MemoryDb> go_back(int64_t most);

  static void restart(Process& p) {
    p.thaw();
    p.start();
  }
  WorkerNode& any_worker() { return *workers_[world_.rng.below(workers_.size())]; }
  BrokerNode& any_broker() { return *brokers_[world_.rng.below(brokers_.size())]; }
  std::string any_user() { return users_[world_.rng.below(users_.size())]; }
  // Returns the users who have an account.
  std::vector<std::string> registered_users() const;

  World world_;
  Knobs knobs_;
  Network net_;
  Database database_;
  ServerFaults faults_{world_, knobs_, net_, database_};
  test::MemoryDb db_;
  std::vector<std::unique_ptr<BrokerNode>> brokers_;
  std::vector<std::unique_ptr<WorkerNode>> workers_;
  std::vector<std::string> users_;
  bool healed_ = false;
  int64_t settled_us_ = 0;

 private:
  template <class Client>
  void copy_disk(Client& client) {
    client.copy_disk();
    world_.after(faults_.until_healing(world_.rng.skewed(100 * kMs, 15 * kSecond)), [this, &client] {
      if (!client.has_copy() || client.ended()) return;
      client.kill();
      client.put_copy_back();
      world_.after(faults_.until_healing(world_.rng.skewed(10 * kMs, 5 * kSecond)), [&client] { client.start(); });
    });
  }
  void fault_once();
  void keep_snapshots();

  std::vector<Process*> first_devices_;
  std::map<std::string, int> last_device_;                    // of each user
  std::deque<std::pair<int64_t, test::MemoryDb>> snapshots_;  // time, database
};

}  // namespace fastchat::sim
