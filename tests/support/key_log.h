// The log of keys in tests: a signer, and the tables of a log as a whole.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "broker/core/log_signer.h"
#include "common/bytes.h"

namespace fastchat::test {

inline const Bytes kLogRealm(16, 'r');

// Returns a signer; each `secret` has another key.
inline broker::LogSigner log_signer(char secret = 's') {
  return {kLogRealm, log_key_of(Bytes(32, secret)).value()};
}

// Everything that a store keeps of the log.
struct LogTablesCopy {
  std::vector<broker::LogLeaf> leaves{};
  std::map<merkle::Place, Bytes> nodes{};
  LogHead head{};
  Bytes frontier{};
};

// Fails unless the tables are those of one tree, and the head is signed by log_signer().
inline void expect_whole(const LogTablesCopy& log) {
  merkle::Frontier tree;
  std::map<merkle::Place, Bytes> nodes;
  int64_t ms = 0;
  for (const broker::LogLeaf& leaf : log.leaves) {
    EXPECT_EQ(leaf.index, tree.size());
    EXPECT_GE(leaf.ms, ms);
    ms = leaf.ms;
    for (const auto& node : tree.append(merkle::key_leaf_hash(leaf.user, leaf.fpr, leaf.counter, leaf.ms))) {
      nodes[node.place] = node.hash;
    }
  }
  Bytes frontier;
  for (const Bytes& hash : tree.hashes()) frontier += hash;
  EXPECT_EQ(log.frontier, frontier);
  EXPECT_EQ(log.nodes, nodes);
  EXPECT_EQ(log.head.size, tree.size());
  EXPECT_EQ(to_hex(log.head.root), to_hex(tree.root()));
  EXPECT_EQ(log.head.ms, ms);
  EXPECT_TRUE(verify_log_head(log_signer().public_key(), kLogRealm, log.head));
}

}  // namespace fastchat::test
