// A simulated process: a loop with sockets, as common/loop.h runs one. Events wait in the sources until the loop turns.
// A turn takes from the sources in any order, then ticks and flushes. The process may be killed, and it may be frozen
// (SIGSTOP), between turns or in the middle of one. Its monotonic clock has an origin of its own.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>

#include "tests/sim/knobs.h"
#include "tests/sim/world.h"

namespace fastchat::sim {

enum class Source : uint8_t { kStore, kClients, kControl, kBus, kMonitor, kOwn, kCount };

class Process {
 public:
  Process(World& world, const Knobs& knobs, std::string name);
  virtual ~Process() = default;
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  const std::string& name() const { return name_; }
  bool alive() const { return alive_; }
  bool frozen() const { return frozen_; }
  // Returns the number of this life; each start has another one.
  uint64_t life() const { return life_; }
  int64_t local() const { return world_.now() + clock_origin_; }

  void start();
  void kill();
  void freeze(int64_t us);
  void thaw();

  // Puts `what` into a source of that life. A dead process takes nothing.
  void post(uint64_t life, Source source, std::function<void()> what);
  // Runs in this life at that time, as an event of its own.
  void later(int64_t delay, std::function<void()> what);

 protected:
  virtual void on_start() = 0;
  virtual void on_kill() = 0;
  virtual void on_overslept(int64_t now) = 0;
  // Ticks and flushes. Returns the local time at which the process has to run next.
  virtual int64_t on_turn_end(int64_t now) = 0;

  World& world_;
  const Knobs& knobs_;
  // The time at which the present turn began. Events are handled with this time.
  int64_t turn_now_ = 0;

 private:
  void turn_soon(int64_t delay);
  void turn();
  void end_turn();

  const std::string name_;
  const int64_t clock_origin_;
  bool alive_ = false, frozen_ = false, scheduled_ = false, in_turn_ = false, late_ = false;
  uint64_t life_ = 0, timer_ = 0;
  int64_t expected_ = 0;  // world time at which the loop meant to wake
  std::array<std::deque<std::function<void()>>, static_cast<size_t>(Source::kCount)> sources_;
};

}  // namespace fastchat::sim
