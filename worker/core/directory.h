// Users as this worker knows them: name -> uid, key, devices. Filled by look-ups, emptied by the brokers' Invalidate
// and the bus. An entry may be used only while every broker is in contact (a broker tells each live worker about a new
// device before that device is logged in), or when it was asked for after the message in hand arrived. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "worker/core/store.h"

namespace fastchat::worker {

struct DirectoryEntry {
  enum class State : uint8_t { kAbsent, kKnown, kNoSuchUser };
  State state = State::kAbsent;
  UserRow user;
  int64_t as_of = 0;     // when the look-up that gave it was asked
  int64_t asked_at = 0;  // of the look-up under way; 0: none
  bool stale_when_it_comes = false;
  std::vector<uint64_t> waiting;  // pids
};

class Directory {
 public:
  // Null when there is no entry that a message which arrived at `arrived` may use.
  const DirectoryEntry* usable(const std::string& name, int64_t arrived, int64_t now) const;
  // Puts pid in line for the user; true when a look-up has to be asked now.
  bool wait(const std::string& name, uint64_t pid, int64_t now);
  // Takes a reply; appends to *ready the pids that waited (or, when the store did not answer, to *failed) and to *again
  // the names to ask once more.
  void take(const LookedUp& reply, int64_t now, std::vector<uint64_t>* ready, std::vector<uint64_t>* failed,
            std::vector<std::string>* again);
  // Forgets what is known of a user.
  void forget(uint64_t uid);
  // All brokers are in contact until then (0: they are not). Trust that begins counts for entries asked for from now
  // on. A time that passes suspends it only: as long as a broker answers at all it has not given this worker up.
  void trust(int64_t now, int64_t until);
  void distrust() { trusted_until_ = 0; }
  size_t size() const { return entries_.size(); }

 private:
  static constexpr size_t kMost = 200'000;
  void make_room();
  std::unordered_map<std::string, DirectoryEntry> entries_;
  std::unordered_map<uint64_t, std::string> names_;
  int64_t trusted_since_ = 0, trusted_until_ = 0;
};

}  // namespace fastchat::worker
