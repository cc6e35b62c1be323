// The contract of every worker::Store, run against PostgreSQL and against the simulator's model. An instance provides a
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
  // Adds a user with a mailbox and no device; returns its uid.
  virtual uint64_t add_user(const std::string& name) = 0;
  // Adds a device of sixteen bytes `tag`; returns its did.
  virtual uint64_t add_device(uint64_t uid, char tag) = 0;
  // Gives the user another public key, "key", and the change "change `number`" before it.
  virtual void add_rekey(uint64_t uid, int number) = 0;
  // Ends the account, as the broker does.
  virtual void delete_user(uint64_t uid) = 0;
  // Logs the device in (again): its session has the next epoch. A new device has epoch 0.
  virtual void log_in(uint64_t did) = 0;
  virtual void pass_days(int days) = 0;
  // Makes parts of vaults older by more than an hour.
  virtual void pass_hour() = 0;
  // Lets a standby take over that has all of the data: the database has another generation.
  virtual void go_back() = 0;
  virtual worker::Store& writer() = 0;
  virtual worker::Store& reader() = 0;
  virtual worker::Store& sweeper() = 0;
  // Makes the sweeper's next Reap a whole one.
  virtual void new_sweep() = 0;
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
    m.owners.assign(dids.size(), bob_);
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
    if (batch.store == 0) batch.store = drain(b1_).store;
    return std::get<worker::RemoveDone>(backend_->writer().run(std::move(batch))).code;
  }
  worker::DeviceGone remove_device(uint64_t uid, Bytes device) {
    return std::get<worker::DeviceGone>(backend_->writer().run(worker::RemoveDevice{1, 2, uid, std::move(device)}));
  }
  worker::LookedUp look_up(std::vector<std::string> names) {
    return std::get<worker::LookedUp>(backend_->reader().run(worker::Lookup{5, std::move(names)}));
  }
  worker::Queried query(uint64_t from, std::vector<uint64_t> seqs) {
    worker::QueryOpen q{.session = 1, .request = 2, .from_uid = from, .from_did = a1_, .pending_refs = {77}};
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
  EXPECT_EQ(d.rows[0].to_gid, 0u) << "for one person";
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

TEST_P(WorkerStoreContract, ReceiptsGoToTheDeviceThatSentItLast) {
  insert({message(1, {b1_})});
  auto again = message(1, {b1_});
  again.from_did = backend_->add_device(alice_, 'd');  // the database lost the device, which has another number now
  insert({again});
  ASSERT_EQ(drain(b1_).rows.size(), 1u);
  EXPECT_EQ(drain(b1_).rows[0].from_did, again.from_did);
  auto other = message(1, {b1_}, "another");
  EXPECT_THAT(insert({other}), testing::ElementsAre(Code::kConflict));
  EXPECT_EQ(drain(b1_).rows[0].from_did, again.from_did) << "nothing of a refused one";
}

TEST_P(WorkerStoreContract, AnotherMessageUnderAnIdentityIsAConflictAndTheFirstStays) {
  const uint64_t b2 = backend_->add_device(bob_, 'c');
  EXPECT_THAT(insert({message(1, {b1_}, "first")}), testing::ElementsAre(Code::kOk));
  EXPECT_THAT(insert({message(1, {b1_, b2}, "other"), message(2, {b1_})}),
              testing::ElementsAre(Code::kConflict, Code::kConflict, Code::kOk));
  ASSERT_EQ(drain(b1_).rows.size(), 2u);
  EXPECT_EQ(drain(b1_).rows[0].envelope, "first");
  EXPECT_TRUE(drain(b2).rows.empty());
  EXPECT_THAT(insert({message(1, {b2}, "first")}), testing::ElementsAre(Code::kOk)) << "the same again";
  EXPECT_EQ(drain(b2).rows.size(), 1u);
}

TEST_P(WorkerStoreContract, OfTwoMessagesUnderOneIdentityInOneBatchTheFirstIsTaken) {
  EXPECT_THAT(insert({message(1, {b1_}, "first"), message(1, {b1_}, "other")}),
              testing::ElementsAre(Code::kOk, Code::kConflict));
  ASSERT_EQ(drain(b1_).rows.size(), 1u);
  EXPECT_EQ(drain(b1_).rows[0].envelope, "first");
}

TEST_P(WorkerStoreContract, TheSameEnvelopeForSomebodyElseIsAConflict) {
  insert({message(1, {b1_})});
  auto other = message(1, {a1_});
  other.to_uid = alice_;
  other.owners = {alice_};
  EXPECT_THAT(insert({other}), testing::ElementsAre(Code::kConflict));
}

TEST_P(WorkerStoreContract, AMessageForSomebodyWhoIsGoneIsNotAccepted) {
  auto m = message(1, {987'654, b1_});
  m.owners[0] = 987'655;
  EXPECT_THAT(insert({m}), testing::ElementsAre(Code::kUnknownUser, Code::kOk));
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

TEST_P(WorkerStoreContract, KeepsTheReceiptOfASenderThatLoggedInElsewhere) {
  const uint64_t a2 = backend_->add_device(alice_, 'd');
  backend_->log_in(a1_);
  backend_->log_in(a2);
  backend_->log_in(a2);
  worker::RemoveBatch batch;
  batch.tell = {{a1_, 501, 1}, {a2, 502, 1}, {a2, 503, 2}, {987'654, 504, 1}};
  batch.store = drain(a1_).store;
  const auto done = std::get<worker::RemoveDone>(backend_->writer().run(batch));
  EXPECT_EQ(done.code, Code::kOk);
  EXPECT_EQ(done.batch.tell.size(), 4u);
  ASSERT_EQ(done.batch.keep_receipts.size(), 1u) << "so that its worker is woken";
  EXPECT_EQ(done.batch.keep_receipts[0].did, a2);
  EXPECT_EQ(done.batch.keep_receipts[0].ref, 502u);
  EXPECT_TRUE(drain(a1_).receipts.empty()) << "its session is the newest";
  ASSERT_EQ(drain(a2).receipts.size(), 1u);
  EXPECT_EQ(drain(a2).receipts[0].ref, 502u);
  EXPECT_EQ(drain(a2).receipts[0].member, 0u);
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

TEST_P(WorkerStoreContract, ADeviceThatIsNotTheLastLeavesNothingToTheMailbox) {
  backend_->add_device(bob_, 'c');
  insert({message(1, {b1_})});
  remove_device(bob_, Bytes(16, 'b'));
  EXPECT_TRUE(drain(look_up({"bob"}).users[0].mailbox).rows.empty());
  EXPECT_TRUE(drain(b1_).rows.empty());
}

// The other devices have the message, or were full when it came. Nobody but those devices can tell.
TEST_P(WorkerStoreContract, WhatWasQueuedForARemovedDeviceAloneGoesToAnotherOfItsOwner) {
  const uint64_t b2 = backend_->add_device(bob_, 'c');
  const uint64_t a2 = backend_->add_device(alice_, 'd');
  auto copy = message(3, {a2, b1_});
  copy.owners = {alice_, bob_};
  insert({message(1, {b1_}), message(2, {b1_, b2}), copy});
  remove_device(bob_, Bytes(16, 'b'));
  remove_device(alice_, Bytes(16, 'd'));
  EXPECT_THAT(refs(b2), testing::UnorderedElementsAre(501u, 502u, 503u));
  EXPECT_TRUE(drain(a1_).rows.empty()) << "alice has what she wrote";
  EXPECT_TRUE(drain(a1_).receipts.empty()) << "nobody has acknowledged it";
}

TEST_P(WorkerStoreContract, ARemovalTellsWhoWroteToHimself) {
  const uint64_t a2 = backend_->add_device(alice_, 'd');
  auto note = message(1, {a2});
  note.to_uid = alice_;
  note.owners = {alice_};
  insert({note});
  remove_device(alice_, Bytes(16, 'd'));
  ASSERT_EQ(drain(a1_).receipts.size(), 1u);
  EXPECT_EQ(drain(a1_).receipts[0].ref, 501u);
  EXPECT_TRUE(drain(a1_).rows.empty());
}

TEST_P(WorkerStoreContract, ARemovalOfTheLastDeviceTellsNobody) {
  insert({message(1, {b1_})});
  remove_device(bob_, Bytes(16, 'b'));
  EXPECT_TRUE(drain(a1_).receipts.empty());
}

TEST_P(WorkerStoreContract, ARemovalThatIsAskedAgainIsASuccess) {
  EXPECT_EQ(remove_device(bob_, Bytes(16, 'b')).code, Code::kOk);
  const auto again = remove_device(bob_, Bytes(16, 'b'));
  EXPECT_EQ(again.code, Code::kOk);
  EXPECT_EQ(again.did, b1_) << "so that its sessions are ended again";
  EXPECT_EQ(remove_device(alice_, Bytes(16, 'b')).code, Code::kUnknownDevice) << "another user's";
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
  const auto swept = std::get<worker::Swept>(backend_->reader().run(worker::Sweep{{a1_, b1_}, {1, 1}}));
  EXPECT_THAT(swept.dids, testing::ElementsAre(b1_));
}

TEST_P(WorkerStoreContract, ListsTheDevicesWithoutTheMailbox) {
  const auto list = std::get<worker::DeviceList>(backend_->reader().run(worker::ListDevices{1, 2, bob_}));
  ASSERT_EQ(list.devices.size(), 1u);
  EXPECT_EQ(list.devices[0].device, Bytes(16, 'b'));
}

TEST_P(WorkerStoreContract, ListsTheChangesOfAKeyWithTheKeyOfTheSignUp) {
  const auto rekeys = [this](const std::string& name) {
    return std::get<worker::RekeyList>(backend_->reader().run(worker::ListRekeys{1, 2, name}));
  };
  EXPECT_EQ(rekeys("bob").first_public_key, "k");
  EXPECT_TRUE(rekeys("bob").rekeys.empty());
  for (int number = 1; number <= 11; ++number) backend_->add_rekey(bob_, number);
  const auto list = rekeys("bob");
  EXPECT_EQ(list.code, Code::kOk);
  EXPECT_EQ(list.first_public_key, "k");
  ASSERT_EQ(list.rekeys.size(), 11u);
  for (size_t i = 0; i < 11; ++i) EXPECT_EQ(list.rekeys[i], "change " + std::to_string(i + 1));
  EXPECT_EQ(look_up({"bob"}).users.at(0).public_key, "key");
  EXPECT_EQ(rekeys("nobody").code, Code::kUnknownUser);
}

TEST_P(WorkerStoreContract, ADeviceThatIsGoneIsReplacedByItsOwnersOthersButNotByTheSendingOne) {
  const uint64_t a2 = backend_->add_device(alice_, 'd');
  const uint64_t b2 = backend_->add_device(bob_, 'c');
  remove_device(alice_, Bytes(16, 'd'));
  auto m = message(1, {b1_, b2, a2});
  m.owners = {bob_, bob_, alice_};
  remove_device(bob_, Bytes(16, 'b'));
  insert({m});
  EXPECT_THAT(refs(b2), testing::ElementsAre(501u));
  EXPECT_TRUE(drain(a1_).rows.empty()) << "it wrote the message";
  EXPECT_TRUE(drain(look_up({"alice"}).users[0].mailbox).rows.empty()) << "somebody with devices";
}

// The worker that took the acknowledgement of one device may die before the sender is told.
TEST_P(WorkerStoreContract, WhatOneDeviceHasIsDeliveredHoweverLongAnotherStaysAway) {
  const uint64_t b2 = backend_->add_device(bob_, 'c');
  auto live = message(1, {b2});
  live.reached = {bob_};
  insert({live, message(2, {b1_, b2})});
  EXPECT_THAT(query(alice_, {1, 2}).delivered, testing::ElementsAre(501u)) << "acknowledged before the insert";
  EXPECT_THAT(query(alice_, {1, 2}).queued, testing::ElementsAre(502u));
  remove({.rows = {{b1_, drain(b1_).rows.at(0).mid}}, .keep_receipts = {}, .drop_receipts = {}});
  EXPECT_THAT(query(alice_, {1, 2, 3}).delivered, testing::ElementsAre(501u, 502u));
  EXPECT_TRUE(query(alice_, {1, 2, 3}).queued.empty());
  EXPECT_THAT(query(alice_, {1, 2, 3}).unknown, testing::ElementsAre(503u));
  EXPECT_THAT(refs(b2), testing::ElementsAre(501u, 502u)) << "still for the other one";
}

TEST_P(WorkerStoreContract, WhatADeviceThatIsRemovedLeavesToAnotherStaysDelivered) {
  const uint64_t b2 = backend_->add_device(bob_, 'c');
  insert({message(1, {b1_, b2})});
  remove({.rows = {{b1_, drain(b1_).rows.at(0).mid}}, .keep_receipts = {}, .drop_receipts = {}});
  remove_device(bob_, Bytes(16, 'c'));
  EXPECT_THAT(refs(b1_), testing::ElementsAre(501u)) << "nobody knows who else has it";
  EXPECT_THAT(query(alice_, {1}).delivered, testing::ElementsAre(501u));
  remove_device(bob_, Bytes(16, 'b'));
  EXPECT_THAT(query(alice_, {1}).delivered, testing::ElementsAre(501u)) << "in the mailbox";
}

TEST_P(WorkerStoreContract, AStoredReceiptMakesAMessageQueuedUntilItIsDropped) {
  remove({.rows = {}, .keep_receipts = {{a1_, 501, 0}}, .drop_receipts = {}});
  EXPECT_THAT(query(alice_, {1, 2}).queued, testing::ElementsAre(501u));
  remove({.rows = {}, .keep_receipts = {}, .drop_receipts = {{a1_, drain(a1_).receipts.at(0).id}}});
  EXPECT_THAT(query(alice_, {1, 2}).unknown, testing::ElementsAre(501u, 502u));
}

TEST_P(WorkerStoreContract, RowsOfOneGenerationAreNotRemovedInAnother) {
  insert({message(1, {b1_})});
  const auto before = drain(b1_);
  EXPECT_NE(before.store, 0u);
  backend_->go_back();
  worker::RemoveBatch stale{.rows = {{b1_, before.rows.at(0).mid}}, .keep_receipts = {{a1_, 501}}, .drop_receipts = {}};
  stale.store = before.store;
  const auto dropped = std::get<worker::RemoveDone>(backend_->writer().run(stale));
  EXPECT_EQ(dropped.code, Code::kOk) << "not to be tried again";
  EXPECT_GT(dropped.store, before.store);
  const auto after = drain(b1_);
  EXPECT_EQ(after.store, dropped.store);
  ASSERT_EQ(after.rows.size(), 1u) << "it comes again";
  EXPECT_TRUE(drain(a1_).receipts.empty());
  stale.store = after.store;
  EXPECT_EQ(remove(stale), Code::kOk);
  EXPECT_TRUE(drain(b1_).rows.empty());
}

TEST_P(WorkerStoreContract, NumbersGoOnFarAboveWhatMayHaveBeenLost) {
  insert({message(1, {b1_})});
  const uint64_t last = drain(b1_).rows.at(0).mid;
  backend_->go_back();
  insert({message(2, {b1_})});
  EXPECT_GT(drain(b1_).rows.at(1).mid, last + 100'000);
  EXPECT_GT(backend_->add_device(bob_, 'z'), b1_ + 100'000);
}

TEST_P(WorkerStoreContract, AReaderThatKnowsOfANewerDatabaseThanItsOwnSaysBusy) {
  worker::Drain request{.session = 7, .did = b1_, .held = {}, .limit = 10};
  request.store = drain(b1_).store + 1;
  EXPECT_EQ(std::get<worker::Drained>(backend_->reader().run(request)).code, Code::kBusy);
}

TEST_P(WorkerStoreContract, AProbeSaysThatItTakesWrites) {
  const auto probed = std::get<worker::Probed>(backend_->writer().run(worker::Probe{}));
  EXPECT_EQ(probed.code, Code::kOk) << probed.why;
  EXPECT_EQ(probed.store, drain(b1_).store);
}

TEST_P(WorkerStoreContract, AMessageThatWaitedForThirtyDaysGoes) {
  insert({message(1, {b1_})});
  backend_->pass_days(29);
  insert({message(2, {b1_})});
  EXPECT_EQ(std::get<worker::Reaped>(backend_->sweeper().run(worker::Reap{})).messages, 0u);
  backend_->pass_days(2);
  backend_->new_sweep();
  EXPECT_EQ(std::get<worker::Reaped>(backend_->sweeper().run(worker::Reap{})).messages, 1u);
  EXPECT_THAT(refs(b1_), testing::ElementsAre(502u));
  EXPECT_THAT(query(alice_, {1, 2}).unknown, testing::ElementsAre(501u)) << "its sender may send it again";
  EXPECT_THAT(insert({message(1, {b1_})}), testing::ElementsAre(Code::kOk));
}

TEST_P(WorkerStoreContract, ADeviceThatNobodyUsedForHalfAYearGoesAndLeavesItsQueue) {
  backend_->pass_days(179);
  insert({message(1, {b1_})});
  EXPECT_EQ(std::get<worker::Reaped>(backend_->sweeper().run(worker::Reap{})).devices, 0u);
  backend_->pass_days(2);
  backend_->new_sweep();
  EXPECT_EQ(std::get<worker::Reaped>(backend_->sweeper().run(worker::Reap{{}, {a1_}})).devices, 1u) << "alice is here";
  EXPECT_THAT(look_up({"alice"}).users[0].devices, testing::ElementsAre(a1_));
  const auto bob = look_up({"bob"}).users[0];
  EXPECT_TRUE(bob.devices.empty());
  EXPECT_THAT(refs(bob.mailbox), testing::ElementsAre(501u));
}

// ---- room: instances provide a backend with kQuotaRows and kQuotaBytes for a device

class WorkerStoreRoom : public WorkerStoreContract {
 public:
  static constexpr uint64_t kQuotaRows = 8, kQuotaBytes = 4'000;

 protected:
  void SetUp() override {
    WorkerStoreContract::SetUp();
    carol_ = backend_->add_user("carol");
  }
  Code put(uint64_t from, uint64_t seq, uint64_t did, size_t bytes = 10) {
    auto m = message(seq, {did}, Bytes(bytes, 'e'));
    m.from_uid = from;
    return insert({m}).at(0);
  }
  uint64_t carol_ = 0;
};

TEST_P(WorkerStoreRoom, OneSenderHasAQuarterOfTheRows) {
  EXPECT_EQ(put(alice_, 1, b1_), Code::kOk);
  EXPECT_EQ(put(alice_, 2, b1_), Code::kOk);
  EXPECT_EQ(put(alice_, 3, b1_), Code::kShareFull);
  EXPECT_EQ(put(carol_, 1, b1_), Code::kOk) << "there is room for others";
  const uint64_t b2 = backend_->add_device(bob_, 'c');
  EXPECT_EQ(put(alice_, 3, b2), Code::kOk) << "another device has a queue of its own";
  remove({.rows = {{b1_, drain(b1_).rows[0].mid}}, .keep_receipts = {}, .drop_receipts = {}});
  EXPECT_EQ(put(alice_, 4, b1_), Code::kOk) << "one was fetched";
  EXPECT_EQ(put(alice_, 5, b1_), Code::kShareFull);
}

TEST_P(WorkerStoreRoom, OneSenderHasAQuarterOfTheBytes) {
  EXPECT_EQ(put(alice_, 1, b1_, 1'000), Code::kOk);
  EXPECT_EQ(put(alice_, 2, b1_), Code::kShareFull);
  EXPECT_EQ(put(carol_, 1, b1_), Code::kOk);
}

TEST_P(WorkerStoreRoom, ABatchCountsWhatItTookItself) {
  std::vector<worker::QueueInsert> rows;
  for (uint64_t seq = 1; seq <= 4; ++seq) rows.push_back(message(seq, {b1_}));
  EXPECT_THAT(insert(rows), testing::ElementsAre(Code::kOk, Code::kOk, Code::kShareFull, Code::kShareFull));
}

TEST_P(WorkerStoreRoom, OneSendersDevicesShareWhatItHas) {
  const uint64_t a2 = backend_->add_device(alice_, 'd');
  for (uint64_t seq = 1; seq <= 3; ++seq) {
    auto m = message(seq, {b1_});
    m.from_did = seq % 2 == 0 ? a1_ : a2;
    m.stream = Bytes(16, seq % 2 == 0 ? 'x' : 'y');
    EXPECT_THAT(insert({m}), testing::ElementsAre(seq < 3 ? Code::kOk : Code::kShareFull));
  }
}

TEST_P(WorkerStoreRoom, TheQueueOfADeviceEndsForEverybody) {
  for (uint64_t i = 0; i < kQuotaRows; ++i) {
    EXPECT_EQ(put(backend_->add_user("user" + std::to_string(i)), 1, b1_), Code::kOk);
  }
  EXPECT_EQ(put(carol_, 1, b1_), Code::kRecipientFull);
  remove_device(bob_, Bytes(16, 'b'));
  const uint64_t mailbox = look_up({"bob"}).users[0].mailbox;
  EXPECT_EQ(put(carol_, 1, mailbox), Code::kRecipientFull) << "the mailbox has what the last device had";
  EXPECT_EQ(put(carol_, 1, a1_), Code::kOk);
}

}  // namespace fastchat::test
