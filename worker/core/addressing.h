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

  // Take replies of the store. Append to *ready the pids whose look-ups are complete, answered or not.
  void looked_up(const LookedUp& reply, std::vector<uint64_t>* ready);
  void looked_up(GroupsLookedUp&& reply, std::vector<uint64_t>* ready);
  void looked_up(const StandingsLookedUp& reply, std::vector<uint64_t>* ready);

 private:
  Outcome resolve_direct(Pending& p, Code* code);
  Outcome resolve_group(Pending& p, Code* code);
  // Decides whether the recipient takes messages of p's sender. kChosen: as a friend's, or with *quiet as a stranger's.
  Outcome admit(Pending& p, const DirectoryEntry& to, bool* quiet, Code* code);
  void ask_user(Pending& p, const std::string& name, uint64_t pid);
  void ask_standing(Pending& p, const Pair& pair, uint64_t pid);
  const DirectoryEntry* user(Pending& p, const std::string& name, Code* code);
  void add_devices(Pending& p, const UserRow& user, uint32_t member);
  void chosen(Pending& p);
  void keep_complete(const std::vector<uint64_t>& served, const std::vector<uint64_t>& failed,
                     std::vector<uint64_t>* ready);
  int64_t life_of_open(const Pending& p) const;
  // Notes whether the store answered a look-up.
  void note(Code answer);

  State& st_;
};

}  // namespace fastchat::worker
