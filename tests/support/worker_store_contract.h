// What every worker::Store must do, run against PostgreSQL and against the simulator's model. An instance provides a
// backend with empty tables:
//
//   INSTANTIATE_TEST_SUITE_P(Postgres, WorkerStoreContract, testing::Values(&make_pg_backend));
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "worker/core/store.h"

namespace fastchat::test {

class WorkerStoreBackend {
 public:
  virtual ~WorkerStoreBackend() = default;
  // A user with a mailbox and no device; its uid.
  virtual uint64_t add_user(const std::string& name) = 0;
  // A device of sixteen bytes `tag`; its did.
  virtual uint64_t add_device(uint64_t uid, char tag) = 0;
  virtual worker::Store& writer() = 0;
  virtual worker::Store& reader() = 0;
};

using MakeWorkerStoreBackend = std::unique_ptr<WorkerStoreBackend> (*)();

class WorkerStoreContract : public testing::TestWithParam<MakeWorkerStoreBackend> {
 protected:
  void SetUp() override {
    backend_ = GetParam()();
    alice_ = backend_->add_user("alice");
    bob_ = backend_->add_user("bob");
    a1_ = backend_->add_device(alice_, 'a');
    b1_ = backend_->add_device(bob_, 'b');
  }

  worker::QueueInsert message(uint64_t seq, std::vector<uint64_t> dids, Bytes envelope = "sealed") const {
    worker::QueueInsert m;
    m.pid = 1000 + seq;
    m.from_uid = alice_;
    m.from_did = a1_;
    m.ref = 500 + seq;
    m.to_uid = bob_;
    m.stream = Bytes(16, 's');
    m.seq = seq;
    m.envelope = std::move(envelope);
    m.dids = std::move(dids);
    return m;
  }
  std::vector<Code> insert(std::vector<worker::QueueInsert> rows) {
    auto done = std::get<worker::InsertDone>(backend_->writer().run(worker::InsertBatch{std::move(rows)}));
    std::vector<Code> codes;
    for (const auto& o : done.outcomes) codes.push_back(o.code);
    return codes;
  }
  worker::Drained drain(uint64_t did, std::vector<uint64_t> held = {}, uint32_t limit = 100) {
    worker::Drain request{.session = 7, .did = did, .held = std::move(held), .limit = limit, .receipts = true};
    return std::get<worker::Drained>(backend_->reader().run(std::move(request)));
  }
  std::vector<uint64_t> refs(uint64_t did) {
    std::vector<uint64_t> out;
    for (const auto& row : drain(did).rows) out.push_back(row.ref);
    return out;
  }
  Code remove(worker::RemoveBatch batch) {
    return std::get<worker::RemoveDone>(backend_->writer().run(std::move(batch))).code;
  }
  worker::DeviceGone remove_device(uint64_t uid, Bytes device) {
    return std::get<worker::DeviceGone>(backend_->writer().run(worker::RemoveDevice{1, 2, uid, std::move(device)}));
  }
  worker::LookedUp look_up(std::vector<std::string> names) {
    return std::get<worker::LookedUp>(backend_->reader().run(worker::Lookup{5, std::move(names)}));
  }
  worker::Queried query(uint64_t from, std::vector<uint64_t> seqs) {
    worker::QueryOpen q{.session = 1, .request = 2, .from_uid = from, .items = {}, .pending_refs = {77}};
    for (const uint64_t seq : seqs) q.items.push_back({500 + seq, Bytes(16, 's'), seq});
    return std::get<worker::Queried>(backend_->reader().run(std::move(q)));
  }

  std::unique_ptr<WorkerStoreBackend> backend_;
  uint64_t alice_ = 0, bob_ = 0, a1_ = 0, b1_ = 0;
};

TEST_P(WorkerStoreContract, GivesBackWhatWasQueuedOldestFirst) {
  const Bytes binary("\0\xff'\\x\n", 6);
  EXPECT_THAT(insert({message(1, {b1_}, binary), message(2, {b1_})}), testing::ElementsAre(Code::kOk, Code::kOk));
  const auto d = drain(b1_);
  EXPECT_EQ(d.code, Code::kOk);
  EXPECT_EQ(d.session, 7u);
  EXPECT_FALSE(d.more);
  ASSERT_EQ(d.rows.size(), 2u);
  EXPECT_EQ(d.rows[0].envelope, binary);
  EXPECT_EQ(d.rows[0].from_did, a1_);
  EXPECT_EQ(d.rows[0].ref, 501u);
  EXPECT_EQ(d.rows[0].to_uid, bob_);
  EXPECT_EQ(d.rows[1].ref, 502u);
}

TEST_P(WorkerStoreContract, StoresABodyOnceForSeveralDevices) {
  const uint64_t b2 = backend_->add_device(bob_, 'c');
  insert({message(1, {b1_, b2})});
  ASSERT_EQ(drain(b1_).rows.size(), 1u);
  ASSERT_EQ(drain(b2).rows.size(), 1u);
  EXPECT_EQ(drain(b1_).rows[0].mid, drain(b2).rows[0].mid);
}

TEST_P(WorkerStoreContract, IsIdempotentOnTheIdentity) {
  insert({message(1, {b1_})});
  insert({message(1, {b1_})});
  insert({message(2, {b1_}), message(2, {b1_})});
  EXPECT_THAT(refs(b1_), testing::ElementsAre(501u, 502u));
}

TEST_P(WorkerStoreContract, TheSameStreamAndSeqOfAnotherSenderIsAnotherMessage) {
  insert({message(1, {b1_})});
  auto other = message(1, {b1_});
  other.from_uid = bob_;
  other.ref = 900;
  insert({other});
  EXPECT_THAT(refs(b1_), testing::ElementsAre(501u, 900u));
}

TEST_P(WorkerStoreContract, LeavesOutWhatIsHeldAndSaysThatThereIsMore) {
  insert({message(1, {b1_}), message(2, {b1_}), message(3, {b1_})});
  const auto first = drain(b1_, {}, 2);
  ASSERT_EQ(first.rows.size(), 2u);
  EXPECT_TRUE(first.more);
  const auto rest = drain(b1_, {first.rows[0].mid, first.rows[1].mid}, 2);
  ASSERT_EQ(rest.rows.size(), 1u);
  EXPECT_EQ(rest.rows[0].ref, 503u);
  EXPECT_FALSE(rest.more);
}

TEST_P(WorkerStoreContract, RemovesOnlyTheRowsOfTheDeviceThatAcknowledged) {
  const uint64_t b2 = backend_->add_device(bob_, 'c');
  insert({message(1, {b1_, b2})});
  EXPECT_EQ(remove({.rows = {{b1_, drain(b1_).rows[0].mid}}, .keep_receipts = {}, .drop_receipts = {}}), Code::kOk);
  EXPECT_TRUE(drain(b1_).rows.empty());
  EXPECT_EQ(drain(b2).rows.size(), 1u);
}

TEST_P(WorkerStoreContract, KeepsReceiptsUntilTheyAreDropped) {
  remove({.rows = {}, .keep_receipts = {{a1_, 501}, {a1_, 502}}, .drop_receipts = {}});
  const auto receipts = drain(a1_).receipts;
  ASSERT_EQ(receipts.size(), 2u);
  EXPECT_EQ(receipts[0].ref, 501u);
  remove({.rows = {}, .keep_receipts = {}, .drop_receipts = {{b1_, receipts[0].id}, {a1_, receipts[1].id}}});
  ASSERT_EQ(drain(a1_).receipts.size(), 1u);
  EXPECT_EQ(drain(a1_).receipts[0].ref, 501u);
}

TEST_P(WorkerStoreContract, QueuesForTheMailboxWhenTheDeviceIsGone) {
  const auto gone = remove_device(bob_, Bytes(16, 'b'));
  EXPECT_EQ(gone.code, Code::kOk);
  EXPECT_EQ(gone.did, b1_);
  EXPECT_THAT(insert({message(1, {b1_})}), testing::ElementsAre(Code::kOk));
  const auto bob = look_up({"bob"});
  ASSERT_EQ(bob.users.size(), 1u);
  EXPECT_TRUE(bob.users[0].devices.empty());
  EXPECT_THAT(refs(bob.users[0].mailbox), testing::ElementsAre(501u));
  EXPECT_TRUE(drain(b1_).rows.empty());
}

TEST_P(WorkerStoreContract, TheLastDeviceLeavesItsQueueToTheMailbox) {
  insert({message(1, {b1_})});
  remove_device(bob_, Bytes(16, 'b'));
  EXPECT_THAT(refs(look_up({"bob"}).users[0].mailbox), testing::ElementsAre(501u));
}

TEST_P(WorkerStoreContract, ADeviceThatIsNotTheLastTakesItsQueueWithIt) {
  const uint64_t b2 = backend_->add_device(bob_, 'c');
  insert({message(1, {b1_})});
  remove_device(bob_, Bytes(16, 'b'));
  EXPECT_TRUE(drain(look_up({"bob"}).users[0].mailbox).rows.empty());
  EXPECT_TRUE(drain(b2).rows.empty());
}

TEST_P(WorkerStoreContract, KnowsNoForeignDeviceAndNoMailboxToRemove) {
  EXPECT_EQ(remove_device(alice_, Bytes(16, 'b')).code, Code::kUnknownDevice);
  EXPECT_EQ(remove_device(bob_, Bytes(16, '\0')).code, Code::kUnknownDevice);
}

TEST_P(WorkerStoreContract, LooksUsersUpWithTheirDevices) {
  const uint64_t b2 = backend_->add_device(bob_, 'c');
  const auto found = look_up({"bob", "nobody", "alice"});
  EXPECT_EQ(found.asked_at, 5);
  EXPECT_THAT(found.names, testing::ElementsAre("bob", "nobody", "alice"));
  ASSERT_EQ(found.users.size(), 2u);
  for (const auto& u : found.users) {
    EXPECT_NE(u.mailbox, 0u);
    if (u.name == "bob") {
      EXPECT_THAT(u.devices, testing::UnorderedElementsAre(b1_, b2));
    }
    if (u.name == "alice") {
      EXPECT_THAT(u.devices, testing::ElementsAre(a1_));
    }
  }
}

TEST_P(WorkerStoreContract, AnswersForOpenMessages) {
  insert({message(1, {b1_})});
  const auto q = query(alice_, {1, 2});
  EXPECT_THAT(q.queued, testing::ElementsAre(501u));
  EXPECT_THAT(q.unknown, testing::ElementsAre(502u));
  EXPECT_THAT(q.pending, testing::ElementsAre(77u));
  EXPECT_TRUE(query(bob_, {1}).queued.empty());
}

TEST_P(WorkerStoreContract, ACopyForTheSendersOtherDeviceIsNotQueuedForTheRecipient) {
  const uint64_t a2 = backend_->add_device(alice_, 'd');
  insert({message(1, {b1_, a2})});
  remove({.rows = {{b1_, drain(b1_).rows[0].mid}}, .keep_receipts = {}, .drop_receipts = {}});
  EXPECT_THAT(query(alice_, {1}).unknown, testing::ElementsAre(501u));
}

TEST_P(WorkerStoreContract, StoresAVaultByCompareAndSwap) {
  const auto put = [&](uint64_t version, const Bytes& blob) {
    return std::get<worker::VaultPut>(backend_->writer().run(worker::PutVault{1, 2, alice_, version, blob})).code;
  };
  EXPECT_EQ(put(3, "three"), Code::kConflict);
  EXPECT_EQ(put(2, "two"), Code::kOk);
  EXPECT_EQ(put(2, "other"), Code::kConflict);
  EXPECT_EQ(put(2, "two"), Code::kOk) << "repeated after a commit in doubt";
  const auto got = std::get<worker::VaultRow>(backend_->reader().run(worker::GetVault{1, 2, alice_}));
  EXPECT_EQ(got.version, 2u);
  EXPECT_EQ(got.blob, "two");
}

TEST_P(WorkerStoreContract, SweepsTheDevicesThatHaveSomethingQueued) {
  insert({message(1, {b1_})});
  const auto swept = std::get<worker::Swept>(backend_->reader().run(worker::Sweep{{a1_, b1_}}));
  EXPECT_THAT(swept.dids, testing::ElementsAre(b1_));
}

TEST_P(WorkerStoreContract, ListsTheDevicesWithoutTheMailbox) {
  const auto list = std::get<worker::DeviceList>(backend_->reader().run(worker::ListDevices{1, 2, bob_}));
  ASSERT_EQ(list.devices.size(), 1u);
  EXPECT_EQ(list.devices[0].device, Bytes(16, 'b'));
}

}  // namespace fastchat::test
