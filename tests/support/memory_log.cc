// MemoryWorkerStore's part that reads the log of keys.
#include <algorithm>

#include "tests/support/memory_worker_store.h"
#include "worker/core/log_proofs.h"

namespace fastchat::test {
namespace {

class MemoryLogTables : public worker::LogTables {
 public:
  explicit MemoryLogTables(const MemoryDb::Log& log) : log_(log) {}

  std::optional<LogHead> head() override { return log_.head; }
  std::optional<std::vector<worker::LogLeafRow>> newest(const std::vector<std::string>& users, uint64_t) override {
    std::vector<worker::LogLeafRow> out;
    for (const std::string& user : users) {
      const auto mine = log_.by_user.find(user);
      if (mine != log_.by_user.end()) out.push_back(row(mine->second.back()));
    }
    return out;
  }
  std::optional<std::vector<worker::LogLeafRow>> leaves(uint64_t from, uint64_t to) override {
    std::vector<worker::LogLeafRow> out;
    for (uint64_t i = from; i < std::min<uint64_t>(to, log_.leaves.size()); ++i) out.push_back(row(i));
    return out;
  }
  std::optional<std::map<merkle::Place, Bytes>> nodes(const merkle::Places& places) override {
    std::map<merkle::Place, Bytes> out;
    for (const merkle::Place& place : places) {
      if (const auto node = log_.nodes.find(place); node != log_.nodes.end()) out.insert(*node);
    }
    return out;
  }

 private:
  worker::LogLeafRow row(uint64_t index) const {
    const MemoryDb::LogLeaf& leaf = log_.leaves.at(index);
    return {index, leaf.user, leaf.fpr, leaf.counter, leaf.ms};
  }

  const MemoryDb::Log& log_;
};

}  // namespace

worker::LogRead MemoryWorkerStore::serve(worker::ReadLogHead&& r) {
  MemoryLogTables tables(db_.log);
  return worker::read_log(tables, r);
}

worker::LogRead MemoryWorkerStore::serve(worker::ReadLogProofs&& r) {
  MemoryLogTables tables(db_.log);
  return worker::read_log(tables, r);
}

worker::LogRead MemoryWorkerStore::serve(worker::ReadLogLeaves&& r) {
  MemoryLogTables tables(db_.log);
  return worker::read_log(tables, r);
}

}  // namespace fastchat::test
