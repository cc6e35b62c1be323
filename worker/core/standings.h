// The cache of standings: what a recipient thinks of a sender, for recipients whose policy alone does not decide.
// Look-ups fill it, and the bus empties it. The bus may lose news, so an entry has an age: past contact_refresh it is
// looked up while it is still used, past contact_life it is looked up first (config.h). A message is refused only by a
// look-up that was asked after the message came. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "worker/core/store.h"

namespace fastchat::worker {

struct StandingEntry {
  bool known = false;
  v1::Standing standing = v1::NONE;
  int64_t as_of = 0;     // time when the look-up that gave the standing was asked
  int64_t asked_at = 0;  // of the look-up under way; 0: none
  bool stale_when_it_comes = false;
  std::vector<uint64_t> waiting;  // pids
};

class Standings {
 public:
  // Returns the entry of a pair; null when its standing is not known.
  const StandingEntry* find(const Pair& pair) const;
  // Puts pid (0: nobody) in line for the pair; returns true when a look-up has to be asked now.
  bool wait(const Pair& pair, uint64_t pid, int64_t now);
  // Takes a reply; appends to *ready the pids that waited (or, when the store did not answer, to *failed) and to *again
  // the pairs to ask once more.
  void take(const StandingsLookedUp& reply, int64_t now, std::vector<uint64_t>* ready, std::vector<uint64_t>* failed,
            std::vector<Pair>* again);
  // Drops what this user thinks of anybody.
  void forget(uint64_t uid);
  // Drops everything, after the database changed.
  void forget_all();
  size_t size() const { return entries_.size(); }

 private:
  static constexpr size_t kMax = 500'000;
  void make_room();
  std::map<Pair, StandingEntry> entries_;
};

}  // namespace fastchat::worker
