// The disk of a simulated client: a folder in memory. A process that dies leaves the folder as it is at that moment.
// The next process gets a folder of its own, so that later writes of the dead one are not in it. The disk may be full,
// be copied and put back, and its machine may die in the middle of a step.
#pragma once

#include <functional>
#include <string>

#include "tests/sim/disk_steps.h"
#include "tests/sim/knobs.h"
#include "tests/sim/sim_machine.h"
#include "tests/sim/world.h"

namespace fastchat::sim {

class SessionDisk {
 public:
  // `root`: a folder of its own, which need not exist.
  SessionDisk(World& world, const Knobs& knobs, std::string root, std::string name);

  // Returns the folder of the process that runs, or runs next.
  std::string folder() const { return root_ + "/" + std::to_string(number_); }
  std::string downloads() const { return root_ + "/downloads"; }
  // Returns a path for a file that the person has.
  std::string path_of(const std::string& file) const { return root_ + "/" + file; }
  // Returns the state for the session's machine: the clock, the time until which the disk is full, the death.
  SimMachine::Host& host() { return host_; }

  // ---- full, copied
  void fill(int64_t us);
  bool was_full() const { return host_.full_until != 0; }
  // Returns true from the death in a step until process_died().
  bool died() const { return died_in_a_step_; }
  void copy();
  bool has_copy() const { return has_copy_; }
  // Replaces the present folder; the process does not run.
  void put_copy_back();

  // ---- death
  // Lets the machine die in one of the next steps that the process makes on its disk. Calls `dies` in that step; the
  // next process finds the disk as it is then.
  void die_in_a_step(std::function<void()> dies);
  // Cancels such a death.
  void spare() { host_.death.left = 0; }
  // Notes that the process is gone, but for its last writes. Returns the folder that it used, to be removed when it
  // writes no more.
  std::string process_died();
  // Called once a turn, before the session's turn.
  void turn_begins();

 private:
  void sabotage() const;

  World& world_;
  const Knobs& knobs_;
  const std::string root_, name_;
  SimMachine::Host host_;
  int number_ = 0;  // of the folder in use
  bool has_copy_ = false, died_in_a_step_ = false;
  int64_t old_since_ = 0;
};

}  // namespace fastchat::sim
