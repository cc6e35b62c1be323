// The promises of the log of keys: every acknowledged sign-up, change of a key and deletion has one leaf, in order; and
// the heads that clients are shown are signed, never go back and never fork. Judges the changes of brokers in the
// database and the answers at the clients, and throws Violation.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "broker/core/store.h"
#include "tests/sim/rng.h"
#include "tests/sim/world.h"
#include "tests/support/memory_db.h"

namespace fastchat::sim {

class KeyLogRules {
 public:
  explicit KeyLogRules(const test::MemoryDb& db) : db_(db) {}

  // The log's key of all brokers.
  static broker::LogSigner signer();

  // Called after each request of a broker, whether or not the broker hears of the answer.
  void judge(const broker::StoreRequest& request, const broker::StoreReply& reply);
  // Lets somebody who has no client sign up at a broker that is not simulated.
  void sign_up(const broker::NewUser& user, test::MemoryDb& db);
  // Lets somebody who has no client sign up, change the key or delete the account, at a broker that is not simulated.
  void newcomer(Rng& rng, test::MemoryDb& db);

  // Returns the size of the newest head that a device was shown.
  uint64_t size_of(int device) const;
  // Takes what a device was answered, which asked for the growth from a tree of `from` leaves.
  void seen(int device, uint64_t from, const v1::LogGrowth& growth);
  // Checks the whole log at the end.
  void check_end() const;

 private:
  struct Newest {
    Bytes fpr;
    uint64_t counter = 0;
  };
  void logged(const std::string& user, const Bytes& public_key, uint64_t counter);

  const test::MemoryDb& db_;
  std::map<std::string, Newest> newest_;  // of acknowledged changes
  std::map<int, uint64_t> sizes_;         // by device
  std::map<uint64_t, Bytes> roots_;       // of all heads shown, by size
  int newcomers_ = 0;
  std::map<int, int> changes_;  // of the keys of newcomers; -1: deleted
};

}  // namespace fastchat::sim
