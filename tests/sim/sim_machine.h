// The machine of a simulated client: the world's clock, the simulated network, slow work that takes virtual time. One
// for each life of a process.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "client/runtime/machine.h"
#include "tests/sim/disk_steps.h"
#include "tests/sim/network.h"

namespace fastchat::sim {

class SimMachine final : public client::Machine {
 public:
  // The disk of a session and its tasks, and the error of the person's clock.
  struct Host {
    int64_t wall_skew_ms = 0;
    int64_t full_until = 0;  // world time
    DiskDeath death;
  };
  SimMachine(World& world, const Knobs& knobs, Network& net, Process& process, Host& host)
      : world_(world), knobs_(knobs), net_(net), process_(process), host_(host) {}

  // Ends a turn of the loop: runs due work, then the session's work at the end of a turn. Returns the local time of the
  // next timer.
  int64_t end_turn();
  // Marks the machine as dead: nothing leaves it any more, whatever the rest of the turn does.
  void mute() { mute_ = true; }
  // Returns true for a dead link that the client still takes for alive, or is still trying.
  bool link_in_doubt() const;

  int64_t monotonic_us() const override { return process_.local(); }
  int64_t wall_ms() const override;
  TimerId at(int64_t when_us, std::function<void()> call) override;
  void cancel(TimerId id) override;
  void on_turn_end(std::function<void()> call) override { turn_end_.push_back(std::move(call)); }
  std::unique_ptr<client::Transport> make_transport(client::LinkEvents& events) override;
  std::unique_ptr<client::Background> make_background(const std::string& name) override;

 private:
  class Link;
  class Worker;
  using Timers = std::map<std::pair<int64_t, TimerId>, std::function<void()>>;
  Timers::iterator first_due(int64_t now, TimerId before);

  World& world_;
  const Knobs& knobs_;
  Network& net_;
  Process& process_;
  Host& host_;
  Timers timers_;
  std::map<TimerId, int64_t> timer_times_;
  TimerId next_timer_ = 1;
  std::vector<std::function<void()>> turn_end_;
  Link* link_ = nullptr;
  bool mute_ = false;
};

// Stops the growth of all files of this process while it lives: a full disk.
class FullDisk {
 public:
  explicit FullDisk(bool full);
  ~FullDisk();
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  const bool full_;
  uint64_t before_ = 0;
};

}  // namespace fastchat::sim
