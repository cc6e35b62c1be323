// The contract of every worker::Store, further part: vaults in parts. Include this header after
// worker_store_contract.h, in one source file of a test program, because it defines tests.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "common/hash.h"
#include "common/wire.h"
#include "tests/support/worker_store_contract.h"

namespace fastchat::test {

class WorkerStoreVaults : public WorkerStoreContract {
 protected:
  Code put_parts(std::vector<Bytes> parts, uint64_t most = 1 << 20) {
    worker::PutVaultParts request{.session = 1, .request = 2, .uid = alice_, .parts = std::move(parts), .most = most};
    return std::get<worker::VaultPartsPut>(backend_->writer().run(std::move(request))).code;
  }
  Code put_head(uint64_t version, const std::vector<Bytes>& parts, uint64_t most = 1 << 20,
                const Bytes& head = "head") {
    worker::PutVault request{1, 2, alice_, version, head, {}, most};
    for (const Bytes& part : parts) request.parts.push_back(sha256(part));
    return std::get<worker::VaultPut>(backend_->writer().run(std::move(request))).code;
  }
  worker::VaultPartRows read(const std::vector<Bytes>& parts, uint64_t uid) {
    worker::GetVaultParts request{.session = 1, .request = 2, .uid = uid};
    for (const Bytes& part : parts) request.hashes.push_back(sha256(part));
    return std::get<worker::VaultPartRows>(backend_->reader().run(std::move(request)));
  }
  std::vector<Bytes> here(const std::vector<Bytes>& parts) { return read(parts, alice_).parts; }
  uint64_t version() {
    return std::get<worker::VaultRow>(backend_->reader().run(worker::GetVault{1, 2, alice_})).version;
  }
};

TEST_P(WorkerStoreVaults, AHeadNamesPartsThatAreHere) {
  EXPECT_EQ(put_parts({"a", "b"}), Code::kOk);
  EXPECT_EQ(put_parts({"b", "b"}), Code::kOk) << "again";
  EXPECT_EQ(put_head(2, {"a", "c"}), Code::kMissingPart);
  EXPECT_EQ(version(), 1u) << "all of it or nothing";
  EXPECT_EQ(put_head(2, {"a", "b"}), Code::kOk);
  EXPECT_EQ(put_head(2, {"a", "b"}), Code::kOk) << "repeated after a commit in doubt";
  EXPECT_EQ(put_head(2, {"a"}, 1 << 20, "other"), Code::kConflict);
  EXPECT_EQ(put_head(3, {"b"}), Code::kOk);
  EXPECT_EQ(version(), 3u);
}

TEST_P(WorkerStoreVaults, PartsAreReadInTheOrderAskedAndMissingOnesAreLeftOut) {
  ASSERT_EQ(put_parts({"a", "b", "c"}), Code::kOk);
  const auto read_some = read({"c", "x", "a"}, alice_);
  EXPECT_EQ(read_some.looked, 3u);
  EXPECT_THAT(read_some.parts, testing::ElementsAre("c", "a"));
  EXPECT_TRUE(read({"a"}, bob_).parts.empty()) << "another user's";
}

TEST_P(WorkerStoreVaults, AnAnswerHasNoMorePartsThanFit) {
  std::vector<Bytes> parts;
  for (char c = 'a'; c < 'f'; ++c) parts.push_back(Bytes(wire::kMaxVaultPart, c));
  for (const Bytes& part : parts) ASSERT_EQ(put_parts({part}, 32 << 20), Code::kOk);
  const auto read_some = read(parts, alice_);
  EXPECT_EQ(read_some.looked, 3u);
  EXPECT_EQ(read_some.parts.size(), 3u);
  parts.insert(parts.begin() + 1, "missing");
  EXPECT_EQ(read(parts, alice_).looked, 4u);
}

TEST_P(WorkerStoreVaults, PartsThatNoVaultNamesGoAfterAnHour) {
  ASSERT_EQ(put_parts({"a", "b"}), Code::kOk);
  ASSERT_EQ(put_head(2, {"a"}), Code::kOk);
  backend_->sweeper().run(worker::Reap{});
  EXPECT_EQ(here({"a", "b"}).size(), 2u);
  backend_->pass_hour();
  backend_->new_sweep();
  backend_->sweeper().run(worker::Reap{});
  EXPECT_THAT(here({"a", "b"}), testing::ElementsAre("a"));
  ASSERT_EQ(put_parts({"c"}), Code::kOk);
  ASSERT_EQ(put_head(3, {"c"}), Code::kOk);
  backend_->new_sweep();
  backend_->sweeper().run(worker::Reap{});
  EXPECT_EQ(here({"a", "c"}).size(), 2u) << "the hour begins when no vault names the part any more";
  ASSERT_EQ(put_head(4, {"a"}), Code::kOk) << "the next vault may name it again";
}

TEST_P(WorkerStoreVaults, AVaultHasABoundAndLoosePartsMakeRoomForNewerOnes) {
  const Bytes first(600, 'a'), second(600, 'b'), third(600, 'c');
  ASSERT_EQ(put_parts({first}, 1'300), Code::kOk);
  ASSERT_EQ(put_head(2, {first}, 1'300), Code::kOk);
  backend_->pass_hour();
  ASSERT_EQ(put_parts({second}, 1'300), Code::kOk);
  EXPECT_EQ(put_head(3, {first, second}, 1'203), Code::kStorageFull) << "with its head";
  EXPECT_EQ(put_head(3, {first, second}, 1'204), Code::kOk);
  ASSERT_EQ(put_head(4, {}, 1'300), Code::kOk);
  backend_->pass_hour();
  ASSERT_EQ(put_parts({third}, 1'300), Code::kOk);
  EXPECT_EQ(here({first, second, third}).size(), 2u);
  EXPECT_EQ(here({third}).size(), 1u) << "the oldest go";
  EXPECT_EQ(put_parts({Bytes(1'301, 'd')}, 1'300), Code::kStorageFull);
  EXPECT_TRUE(here({Bytes(1'301, 'd')}).empty());
}

TEST_P(WorkerStoreVaults, ADeletedUserHasNoParts) {
  ASSERT_EQ(put_parts({"a"}), Code::kOk);
  backend_->delete_user(alice_);
  EXPECT_NE(put_parts({"b"}), Code::kOk) << "a request on its way";
  EXPECT_NE(put_head(2, {}), Code::kOk);
}

TEST_P(WorkerStoreVaults, PartsThatABrokerOfBeforeLeftOfADeletedUserGo) {
  ASSERT_EQ(put_parts({"a"}), Code::kOk);
  ASSERT_EQ(put_head(2, {"a"}), Code::kOk);
  backend_->delete_user(alice_);
  for (int sweep = 0; sweep < 2; ++sweep) {
    backend_->new_sweep();
    backend_->sweeper().run(worker::Reap{});
    backend_->pass_hour();
  }
  EXPECT_TRUE(here({"a"}).empty());
}

}  // namespace fastchat::test
