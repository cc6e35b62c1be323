// One schedule from one seed: a cluster and its people, their work, the faults. Then everything heals, has to come to
// rest, does one more round of work, and every rule is checked.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/sim/client_node.h"
#include "tests/sim/cluster.h"

namespace fastchat::sim {

class Schedule final : public Cluster {
 public:
  Schedule(uint64_t seed, Trace trace, Sabotage sabotage);

 private:
  void play() override;
  Process& make_client(int device, const std::string& user) override;
  void apply(Fault fault) override;
  void plan_start();
  void haunt();
  void plan_work();
  void plan_floods();
  void plan_passwords();
  void type_passwords();
  void work_once();
  void break_bus();
  void freeze_one();
  void lose_commits(int64_t most);
  void heal();
  void settle(const char* after);
  void probe();
  void check_end();
  std::string unrest() const;
  bool somebody_drains(int64_t did) const;
  bool all_live() const;
  bool link_in_doubt() const;
  ClientNode* any_writer();
  Process* any_process();
  std::vector<std::string> some_users();

  Oracle oracle_;
  std::vector<std::unique_ptr<ClientNode>> clients_;
  uint64_t last_body_ = 0;
};

}  // namespace fastchat::sim
