// Attacks by requests of a session: look-ups of unknown names, requested but unread vaults, changes and lists that need
// the database, epochs of a group.
#pragma once

#include "bench/abuse/attack.h"

namespace fastchat::bench::abuse {

// D1: 2,000 look-ups of 128 unknown names in flight.
class UnknownNames final : public Attack {
 public:
  explicit UnknownNames(const AttackOptions& options) : Attack(options, 1) {}
  void go_on(uint64_t now) override;

 private:
  uint64_t name_ = 0;
};

// D2: 3,000 requests a second for a vault of 896 KiB, without reading the answers.
class UnreadVaults final : public Attack {
 public:
  explicit UnreadVaults(const AttackOptions& options) : Attack(options, 1) {}
  void prepare() override;
  void go_on(uint64_t now) override;
  void on_answer(Link& link, const v1::ServerFrame& frame) override;

 private:
  void began(int user) override;

  bool stored_ = false;
  uint64_t next_ns_ = 0;
};

// D6: 5,000 leave_group of groups that do not exist and 5,000 get_devices in flight, from two sessions.
class SlowRequests final : public Attack {
 public:
  explicit SlowRequests(const AttackOptions& options) : Attack(options, 2) {}
  void go_on(uint64_t now) override;
};

// D8: one epoch of 128 KiB after another.
class ManyEpochs final : public Attack {
 public:
  explicit ManyEpochs(const AttackOptions& options);
  void go_on(uint64_t now) override;
  void on_answer(Link& link, const v1::ServerFrame& frame) override;

 private:
  const Bytes group_, state_;
  uint64_t epoch_ = 1;
  uint64_t pause_until_ns_ = 0;
};

}  // namespace fastchat::bench::abuse
