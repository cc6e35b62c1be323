// The simulator's model keeps the same contract as PostgreSQL, so results of the simulator hold for the real store.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/memory_db.h"
#include "tests/support/memory_worker_store.h"
#include "tests/support/worker_accounts_contract.h"
#include "tests/support/worker_contacts_contract.h"
#include "tests/support/worker_groups_contract.h"
#include "tests/support/worker_store_contract.h"
#include "tests/support/worker_vaults_contract.h"

namespace fastchat::test {
namespace {

class MemoryBackend : public WorkerStoreBackend {
 public:
  MemoryBackend() = default;
  MemoryBackend(uint64_t quota_rows, uint64_t quota_bytes) : store_(db_, quota_rows, quota_bytes) {}
  uint64_t add_user(const std::string& name) override {
    MemoryDb::User user;
    user.uid = ++db_.last_uid;
    user.name = name;
    user.public_key = "k";
    user.vault = "v";
    db_.uid_by_name[name] = user.uid;
    db_.users[user.uid] = user;
    db_.add_device(user.uid, kMailboxDevice, "");
    return static_cast<uint64_t>(user.uid);
  }
  uint64_t add_device(uint64_t uid, char tag) override {
    auto& device = db_.add_device(static_cast<int64_t>(uid), Bytes(16, tag), "");
    device.last_login_ms = db_.now_ms;
    return static_cast<uint64_t>(device.did);
  }
  void add_rekey(uint64_t uid, int number) override {
    auto& user = db_.users.at(static_cast<int64_t>(uid));
    if (user.first_public_key.empty()) user.first_public_key = user.public_key;
    user.public_key = "key";
    user.rekeys.push_back("change " + std::to_string(number));
  }
  void delete_user(uint64_t uid) override {
    auto& user = db_.users.at(static_cast<int64_t>(uid));
    auto dids = db_.devices_of(user.uid);
    dids.push_back(db_.mailbox_of(user.uid));
    user.deleted = true;
    for (const int64_t did : dids) {
      db_.gone_devices[did] = user.uid;
      db_.did_by_device.erase({user.uid, db_.devices.at(did).device});
      db_.devices.erase(did);
    }
  }
  void log_in(uint64_t did) override { ++db_.devices.at(static_cast<int64_t>(did)).session_epoch; }
  void pass_days(int days) override { db_.now_ms += int64_t{days} * 24 * 3600 * 1000; }
  void pass_hour() override { db_.now_ms += 3'700'000; }
  void go_back() override { db_.go_back_to(MemoryDb(db_)); }
  void new_sweep() override {}
  worker::Store& sweeper() override { return store_; }
  worker::Store& writer() override { return store_; }
  worker::Store& reader() override { return store_; }

 private:
  MemoryDb db_;
  MemoryWorkerStore store_{db_};
};

std::unique_ptr<WorkerStoreBackend> make_memory_backend() {
  return std::make_unique<MemoryBackend>();
}

std::unique_ptr<WorkerStoreBackend> make_small_memory_backend() {
  return std::make_unique<MemoryBackend>(WorkerStoreRoom::kQuotaRows, WorkerStoreRoom::kQuotaBytes);
}

INSTANTIATE_TEST_SUITE_P(Memory, WorkerStoreRoom, testing::Values(&make_small_memory_backend));
INSTANTIATE_TEST_SUITE_P(Memory, WorkerStoreContacts, testing::Values(&make_memory_backend));
INSTANTIATE_TEST_SUITE_P(Memory, WorkerStoreContract, testing::Values(&make_memory_backend));
INSTANTIATE_TEST_SUITE_P(Memory, WorkerStoreVaults, testing::Values(&make_memory_backend));
INSTANTIATE_TEST_SUITE_P(Memory, WorkerStoreGroups, testing::Values(&make_memory_backend));
INSTANTIATE_TEST_SUITE_P(Memory, WorkerStoreGroupBudget, testing::Values(&make_memory_backend));

}  // namespace
}  // namespace fastchat::test
