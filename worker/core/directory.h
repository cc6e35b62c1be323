// The cache of users: name -> uid, key, devices. Look-ups fill it; the brokers' Invalidate and the bus empty it. An
// entry may be used only while every broker is in contact or known not to run (a broker sends an Invalidate to each
// live worker before a new device is logged in), or when the entry was looked up after the message in hand arrived.
// Pure.
//
// Names that nobody has are kept for absent_life, and at most kMaxAbsent of them, so that they displace no user's
// entry. A message is refused only by a look-up that was asked after the message arrived. A client that asks for users
// may learn of a new one a second late.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "worker/core/store.h"

namespace fastchat::worker {

struct DirectoryEntry {
  enum class State : uint8_t { kAbsent, kKnown, kNoSuchUser };
  State state = State::kAbsent;
  UserRow user;
  int64_t as_of = 0;         // time when the look-up that gave the data was asked
  int64_t asked_at = 0;      // of the look-up under way; 0: none
  uint64_t asked_after = 0;  // number of strangers that had logged in at asked_at
  int64_t absent_at = 0;     // time of the last reply that nobody has the name
  bool stale_when_it_comes = false;
  std::vector<uint64_t> waiting;  // pids
};

class Directory {
 public:
  static constexpr size_t kMax = 200'000;
  static constexpr size_t kMaxAbsent = 20'000;
  static constexpr size_t kMaxStrangers = 10'000;

  // `absent_life`: us for which absent() trusts that nobody has a name.
  explicit Directory(int64_t absent_life) : absent_life_(absent_life) {}

  // Returns the entry that a message which arrived at `arrived` may use; null when there is none.
  const DirectoryEntry* usable(const std::string& name, int64_t arrived, int64_t now) const;
  // Returns true when nobody had the name within the last absent_life, and no device of an unknown user has logged in
  // since.
  bool absent(const std::string& name, int64_t now) const;
  // Puts pid (0: nobody) in line for the user; returns true when a look-up has to be asked now.
  bool wait(const std::string& name, uint64_t pid, int64_t now);
  // Returns true while a look-up of this name is under way.
  bool under_way(const std::string& name) const;
  // Takes a reply; appends to *ready the pids that waited (or, when the store did not answer, to *failed) and to *again
  // the names to ask once more.
  void take(const LookedUp& reply, int64_t now, std::vector<uint64_t>* ready, std::vector<uint64_t>* failed,
            std::vector<std::string>* again);
  // Drops the cached data of a user.
  void forget(uint64_t uid);
  // Trusts entries until `until`: all brokers are in contact, or known not to run (0: they are not). Trust that begins
  // counts for entries asked for from now on. A passed `until` only suspends the trust: a broker that still answers has
  // not given this worker up.
  void trust(int64_t now, int64_t until);
  void distrust() { trusted_until_ = 0; }
  bool trusted(int64_t now) const { return now <= trusted_until_; }
  size_t size() const { return entries_.size(); }

 private:
  bool trusted(const DirectoryEntry& e, int64_t now) const {
    return e.as_of >= trusted_since_ && now <= trusted_until_;
  }
  // Returns true when the reply may be older than the login of a user who was not known here.
  bool overtaken(const DirectoryEntry& e, const UserRow* row) const;
  void make_room();
  void found_absent(const std::string& name, DirectoryEntry& e, int64_t now);

  const int64_t absent_life_;
  std::unordered_map<std::string, DirectoryEntry> entries_;
  std::unordered_map<uint64_t, std::string> names_;
  std::deque<std::pair<int64_t, std::string>> absent_;  // time when it was found, name; the oldest first
  // Users who were not known here when a device of theirs logged in, numbered, while look-ups are under way.
  std::unordered_map<uint64_t, uint64_t> strangers_;  // uid -> number
  uint64_t last_stranger_ = 0, forgotten_upto_ = 0;
  size_t asked_ = 0;  // look-ups under way
  int64_t trusted_since_ = 0, trusted_until_ = 0;
};

}  // namespace fastchat::worker
