// MemoryBrokerStore's part that keeps the log of keys.

#include "common/check.h"
#include "tests/support/memory_broker_store.h"

namespace fastchat::test {

Result<bool> MemoryBrokerStore::claim_log() {
  if (db_.log.key.empty() && !db_.log.leaves.empty()) return err(Code::kLocalUsage, "leaves and no head");
  if (!signer_) {
    if (db_.log.key.empty()) return true;
    return err(Code::kLocalUsage, "the database has a log of keys");
  }
  if (db_.log.key.empty()) {
    db_.log.key = signer_->public_key();
    db_.log.head = signer_->begin();
  }
  if (db_.log.key == signer_->public_key()) return db_.log.complete;
  return err(Code::kLocalUsage, "the log of keys is kept under another key");
}

uint64_t MemoryBrokerStore::newest_counter(const std::string& user) const {
  const auto mine = db_.log.by_user.find(user);
  return mine == db_.log.by_user.end() ? 0 : db_.log.leaves.at(mine->second.back()).counter;
}

void MemoryBrokerStore::log_key(const broker::LoggedKey& key) {
  if (!signer_) return;
  MemoryDb::Log& log = db_.log;
  FC_CHECK(log.key == signer_->public_key());
  auto growth = signer_->grow({log.head.size, log.head.ms, log.frontier}, db_.now_ms, {key});
  FC_CHECK(growth.has_value());
  for (const broker::LogLeaf& leaf : growth->leaves) {
    FC_CHECK(leaf.index == log.leaves.size());
    log.leaves.push_back({leaf.user, leaf.fpr, leaf.counter, leaf.ms});
    log.by_user[leaf.user].push_back(leaf.index);
  }
  for (const merkle::Node& node : growth->nodes) FC_CHECK(log.nodes.emplace(node.place, node.hash).second);
  log.head = growth->head;
  log.frontier = growth->frontier;
}

Result<broker::LogSlice> MemoryBrokerStore::catch_up_slice(int64_t) {
  if (!signer_) return broker::LogSlice{};
  const uint64_t before = db_.log.leaves.size();
  for (const auto& [uid, user] : db_.users) {
    const auto mine = db_.log.by_user.find(user.name);
    const MemoryDb::LogLeaf* newest = mine == db_.log.by_user.end() ? nullptr : &db_.log.leaves[mine->second.back()];
    broker::LoggedKey key{user.name, user.public_key, user.rekeys.size()};
    if (user.deleted) {
      if (newest == nullptr) continue;
      key = {user.name, {}, broker::counter_of_end(user.rekeys.size(), newest->counter)};
    }
    if (newest == nullptr || newest->fpr != signer_->fingerprint(key)) log_key(key);
  }
  db_.log.complete = true;
  return broker::LogSlice{db_.last_uid, db_.log.leaves.size() - before, false};
}

}  // namespace fastchat::test
