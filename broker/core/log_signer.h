// Makes the next head of the log of keys: hashes the new leaves into the tree and signs its root (PROTOCOL.md, "The log
// of keys"). Both stores use this code; the store appends the result in the transaction that made the keys. Pure.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/bytes.h"
#include "common/log_head.h"
#include "common/merkle.h"

namespace fastchat::broker {

// A key that a user has from now on.
struct LoggedKey {
  std::string user;
  Bytes public_key{};    // empty: the account was deleted
  uint64_t counter = 0;  // number of changes of the key before; of a deletion, counter_of_end()
};

// The counter of a deletion is larger than that of every leaf that the user has or, because a program without the log
// changed keys, should have. `changes`: of the key; `newest`: the counter of the newest leaf, 0 when there is none.
constexpr uint64_t counter_of_end(uint64_t changes, uint64_t newest) {
  return std::max(changes, newest) + 1;
}

struct LogLeaf {
  uint64_t index = 0;
  std::string user{};
  Bytes fpr{};  // 32 bytes, or empty
  uint64_t counter = 0;
  int64_t ms = 0;
};

// The part of the newest tree that a store keeps for the next leaf.
struct LogState {
  uint64_t size = 0;
  int64_t ms = 0;
  Bytes frontier{};  // the hashes of its complete subtrees, the largest first
};

struct LogGrowth {
  std::vector<LogLeaf> leaves{};
  std::vector<merkle::Node> nodes{};  // the subtrees that are complete now
  LogHead head{};
  Bytes frontier{};
};

class LogSigner {
 public:
  // `realm`: 16 bytes.
  LogSigner(Bytes realm, LogKeyPair key) : realm_(std::move(realm)), key_(std::move(key)) {}

  const Bytes& public_key() const { return key_.public_key; }
  // Returns the fingerprint of the key; empty for a deleted account.
  Bytes fingerprint(const LoggedKey& key) const;
  // Returns the head of a log without leaves.
  LogHead begin() const;
  // Appends a leaf for each key. nullopt: `state` is not that of a tree.
  std::optional<LogGrowth> grow(const LogState& state, int64_t now_ms, const std::vector<LoggedKey>& keys) const;

 private:
  Bytes realm_;
  LogKeyPair key_;
};

}  // namespace fastchat::broker
