// One schedule of whole sessions: the same cluster, network and faults as in schedule.h, with clients as people run
// them. Everything heals, comes to rest, does one more round of work, and every rule is checked.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/sim/bystanders.h"
#include "tests/sim/cluster.h"
#include "tests/sim/session_node.h"
#include "tests/support/memory_file_store.h"

namespace fastchat::sim {

class SessionSchedule final : public Cluster {
 public:
  // `root`: a folder that does not exist yet; the destructor removes it.
  SessionSchedule(uint64_t seed, Trace trace, Sabotage sabotage, std::string root);
  ~SessionSchedule() override;

 private:
  void play() override;
  Process& make_client(int device, const std::string& user) override;
  void apply(Fault fault) override;
  void plan();
  // Calls for a client at some time, `times` times.
  void plan_some(int times, const std::function<void(SessionNode&)>& call);
  void tend();
  // Shows another key, as the server, for a contact of a client, and may forge a message under it.
  void lie();
  void break_bus();
  void lose_commits(int64_t most);
  void heal();
  void compare_keys();
  void check_end();
  void settle(const char* after);
  std::string unrest() const;
  std::string groups_at_rest() const;
  std::string contacts_at_rest() const;
  SessionNode& any_client() { return *clients_[world_.rng.below(clients_.size())]; }

  const std::string root_;
  test::MemoryFileStore files_{db_};
  Oracle servers_;  // the changes of brokers and workers in the database
  FalseKeys keys_{world_, db_};
  TypedPasswords passwords_{servers_.passwords, db_};
  Said said_;
  SessionDevices devices_{db_, said_};
  Readers readers_;
  People people_;
  Bystanders bystanders_{db_, servers_.key_log};
  std::vector<std::unique_ptr<SessionNode>> clients_;
};

}  // namespace fastchat::sim
