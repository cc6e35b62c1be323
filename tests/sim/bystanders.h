// Accounts that never write, about whom the people of whole sessions decide, from all their devices. Judges at the end
// that the devices of a person and the database agree about everybody. Throws Violation.
#pragma once

#include <string>
#include <vector>

#include "tests/sim/key_log_rules.h"
#include "tests/sim/rng.h"
#include "tests/sim/session_node.h"
#include "tests/support/memory_db.h"

namespace fastchat::sim {

class Bystanders {
 public:
  Bystanders(test::MemoryDb& db, KeyLogRules& log) : db_(db), log_(log) {}

  // Makes the accounts. Nobody logs in to them.
  void sign_up();
  const std::string& any(Rng& rng) const { return names_[rng.below(names_.size())]; }
  // Returns the first difference between what a device that is live and the database have; empty when there is none.
  std::string difference(SessionNode& client) const;

 private:
  test::MemoryDb& db_;
  KeyLogRules& log_;
  std::vector<std::string> names_;
};

}  // namespace fastchat::sim
