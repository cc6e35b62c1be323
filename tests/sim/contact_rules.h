// The rules about contacts: when each pair of users was open, and what that allows. Reads the database, whose changes
// are announced. A worker may use what it knew for kContactLifeUs after the bus lost the news, and for
// kContactLifeAwayUs while the database does not answer.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "tests/sim/knobs.h"
#include "tests/sim/world.h"
#include "tests/support/memory_db.h"

namespace fastchat::sim {

inline constexpr int64_t kContactRefreshUs = 1 * kSecond, kContactLifeUs = 4 * kSecond,
                         kContactLifeAwayUs = 8 * kSecond;

class ContactRules {
 public:
  ContactRules(World& world, const Knobs& knobs, const test::MemoryDb& db) : world_(world), knobs_(knobs), db_(db) {}

  // Are called right before and after the database changes contacts or policies.
  void before_change();
  void changed();
  // Checks the bounds of strangers' messages.
  void check_bounds() const;

  // Checks a receipt: `to` was open to `from` at some time since the message was sent.
  void delivered(const std::string& from, const std::string& to, int64_t sent_at) const;
  // Checks a message that came to a device of `to`: it was not sent long after `to` blocked `from`.
  void arrived(const std::string& from, const std::string& to, int64_t sent_at) const;
  // Returns true when `to` was not open to `from` at some time since `since`.
  bool ever_closed(const std::string& from, const std::string& to, int64_t since) const;

 private:
  struct Times {
    int64_t open_until = -1, closed_until = -1;  // the last moments of a state that has changed since; -1: never
    int64_t blocked_since = -1;                  // -1: not blocked
  };
  using People = std::pair<int64_t, int64_t>;  // recipient, sender
  template <class F>
  void each_pair(F&& f) const;
  // Returns {0, 0} for a message to nobody or to oneself.
  People people(const std::string& from, const std::string& to) const;
  const Times* times(const People& people) const;
  // Returns how old a fact may be that a worker lets a message through by.
  int64_t life() const;

  World& world_;
  const Knobs& knobs_;
  const test::MemoryDb& db_;
  std::map<People, Times> times_;
};

}  // namespace fastchat::sim
