// Chooses the devices that a message is for: those of its recipient or of the group's members, and the sender's other
// devices. Looks unknown users and groups up, batched by the turn; the message waits for all look-ups. Pure.
#pragma once

#include "worker/core/state.h"

namespace fastchat::worker {

class Addressing {
 public:
  explicit Addressing(State& state) : st_(state) {}

  enum class Outcome : uint8_t {
    kChosen,   // p's members and targets are set
    kWaits,    // p waits for a look-up; looked_up() returns p's pid when p can go on
    kRefused,  // *code has the reason
  };
  Outcome resolve(Pending& p, Code* code);

  // Take replies of the store. Append to *ready the pids whose look-ups are complete, and to *failed those whose
  // look-up the store did not answer.
  void looked_up(const LookedUp& reply, std::vector<uint64_t>* ready, std::vector<uint64_t>* failed);
  void looked_up(GroupsLookedUp&& reply, std::vector<uint64_t>* ready, std::vector<uint64_t>* failed);

 private:
  Outcome resolve_direct(Pending& p, Code* code);
  Outcome resolve_group(Pending& p, Code* code);
  const UserRow* user(Pending& p, const std::string& name, Code* code);
  void add_devices(Pending& p, const UserRow& user, uint32_t member);
  void chosen(Pending& p);
  void keep_complete(std::vector<uint64_t>&& served, std::vector<uint64_t>* ready);

  State& st_;
};

}  // namespace fastchat::worker
