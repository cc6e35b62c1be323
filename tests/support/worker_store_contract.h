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

TEST_P(WorkerStoreContract, AStoredReceiptMakesAMessageQueuedUntilItIsDropped) {
  remove({.rows = {}, .keep_receipts = {{a1_, 501, 0}}, .drop_receipts = {}});
  EXPECT_THAT(query(alice_, {1, 2}).queued, testing::ElementsAre(501u));
  remove({.rows = {}, .keep_receipts = {}, .drop_receipts = {{a1_, drain(a1_).receipts.at(0).id}}});
  EXPECT_THAT(query(alice_, {1, 2}).unknown, testing::ElementsAre(501u, 502u));
}

// ---- groups

class WorkerStoreGroups : public WorkerStoreContract {
 protected:
  void SetUp() override {
    WorkerStoreContract::SetUp();
    carol_ = backend_->add_user("carol");
  }
  static Bytes id(char c) { return Bytes(32, c); }
  worker::PutGroup next(uint64_t epoch, std::vector<std::string> members, std::string name = "team") {
    worker::PutGroup p{.session = 3, .request = 4, .uid = alice_, .group_id = id('g'), .epoch = epoch};
    p.name = std::move(name);
    p.admin = "alice";
    p.members = std::move(members);
    p.state = "state " + std::to_string(epoch);
    return p;
  }
  worker::GroupChange put(worker::PutGroup p) {
    return std::get<worker::GroupChange>(backend_->writer().run(std::move(p)));
  }
  worker::GroupChange leave(uint64_t uid) {
    return std::get<worker::GroupChange>(backend_->writer().run(worker::LeaveGroup{3, 4, uid, id('g')}));
  }
  worker::GroupChange end(uint64_t uid) {
    return std::get<worker::GroupChange>(backend_->writer().run(worker::DeleteGroup{3, 4, uid, id('g')}));
  }
  worker::GroupStates get(uint64_t uid, uint64_t from = 1) {
    return std::get<worker::GroupStates>(backend_->reader().run(worker::GetGroup{3, 4, uid, id('g'), from}));
  }
  std::vector<Bytes> list(uint64_t uid) {
    std::vector<Bytes> out;
    const auto got = std::get<worker::GroupList>(backend_->reader().run(worker::ListGroups{3, 4, uid}));
    for (const auto& g : got.groups) out.push_back(g.group_id);
    return out;
  }
  worker::GroupRow row(uint64_t known = 0) {
    auto got = std::get<worker::GroupsLookedUp>(
        backend_->reader().run(worker::GroupLookup{9, {{id('x'), 0}, {id('g'), known}}}));
    EXPECT_EQ(got.asked_at, 9);
    EXPECT_THAT(got.group_ids, testing::ElementsAre(id('x'), id('g')));
    EXPECT_LE(got.groups.size(), 1u) << "the other one does not exist";
    return got.groups.empty() ? worker::GroupRow{} : got.groups[0];
  }
  // "alice 1-0": since and left.
  std::vector<std::string> members() {
    std::vector<std::string> out;
    for (const auto& m : row().members)
      out.push_back(m.name + " " + std::to_string(m.since) + "-" + std::to_string(m.left));
    return out;
  }
  uint64_t carol_ = 0;
};

TEST_P(WorkerStoreGroups, KeepsEachStateAndWhoIsInWhichEpoch) {
  const auto made = put(next(1, {"alice", "bob"}));
  EXPECT_EQ(made.code, Code::kOk);
  EXPECT_EQ(made.session, 3u);
  EXPECT_EQ(made.request, 4u);
  EXPECT_EQ(made.group_id, id('g'));
  EXPECT_EQ(made.epoch, 1u);
  EXPECT_THAT(made.uids, testing::UnorderedElementsAre(alice_, bob_));
  const auto grown = put(next(2, {"alice", "carol"}, "crew"));
  EXPECT_THAT(grown.uids, testing::UnorderedElementsAre(alice_, bob_, carol_)) << "before and after";
  EXPECT_THAT(members(), testing::UnorderedElementsAre("alice 1-0", "bob 1-2", "carol 2-0"));
  EXPECT_EQ(row().epoch, 2u);
  const auto seen = get(carol_);
  EXPECT_EQ(seen.code, Code::kOk);
  EXPECT_EQ(seen.name, "crew");
  EXPECT_EQ(seen.admin, "alice");
  EXPECT_EQ(seen.epoch, 2u);
  EXPECT_TRUE(seen.member);
  EXPECT_FALSE(seen.deleted);
  EXPECT_THAT(seen.states, testing::ElementsAre("state 1", "state 2"));
  EXPECT_THAT(get(carol_, 2).states, testing::ElementsAre("state 2"));
  EXPECT_TRUE(get(carol_, 3).states.empty());
}

TEST_P(WorkerStoreGroups, TellAMemberWhoWasRemovedUpToTheFirstEpochWithoutHim) {
  put(next(1, {"alice", "bob"}));
  put(next(2, {"alice"}, "crew"));
  put(next(3, {"alice", "carol"}, "gang"));
  const auto seen = get(bob_);
  EXPECT_EQ(seen.epoch, 2u);
  EXPECT_EQ(seen.name, "crew") << "as it was called then";
  EXPECT_FALSE(seen.member);
  EXPECT_THAT(seen.states, testing::ElementsAre("state 1", "state 2"));
  EXPECT_TRUE(list(bob_).empty());
  EXPECT_THAT(list(carol_), testing::ElementsAre(id('g')));
  put(next(4, {"alice", "bob"}));
  EXPECT_EQ(get(bob_).epoch, 4u) << "he is back";
  EXPECT_THAT(members(), testing::UnorderedElementsAre("alice 1-0", "bob 1-2", "bob 4-0", "carol 3-4"));
}

TEST_P(WorkerStoreGroups, AnswerTheSameStateAgainLikeTheFirstTime) {
  put(next(1, {"alice", "bob"}));
  EXPECT_EQ(put(next(1, {"alice", "bob"})).code, Code::kOk) << "after a commit in doubt";
  put(next(2, {"alice"}));
  const auto again = put(next(2, {"alice"}));
  EXPECT_EQ(again.code, Code::kOk);
  EXPECT_THAT(again.uids, testing::UnorderedElementsAre(alice_, bob_)) << "whoever was not told is told now";
  EXPECT_EQ(row().epoch, 2u);
  auto other = next(2, {"alice"});
  other.state = "another state";
  EXPECT_EQ(put(other).code, Code::kConflict);
  EXPECT_EQ(put(next(4, {"alice"})).code, Code::kConflict);
}

TEST_P(WorkerStoreGroups, AreChangedByTheirAdminAlone) {
  auto others = next(1, {"alice", "bob"});
  others.uid = bob_;
  EXPECT_EQ(put(others).code, Code::kNotAllowed) << "who makes a group is its admin";
  put(next(1, {"alice", "bob"}));
  others = next(2, {"alice", "bob"});
  others.uid = bob_;
  EXPECT_EQ(put(others).code, Code::kNotAllowed);
  auto handed = next(2, {"alice", "bob"});
  handed.admin = "bob";
  EXPECT_EQ(put(handed).code, Code::kOk);
  EXPECT_EQ(get(alice_).admin, "bob");
  EXPECT_EQ(put(handed).code, Code::kOk) << "asked again by who was the admin then";
  EXPECT_EQ(put(next(3, {"alice", "bob"})).code, Code::kNotAllowed);
  EXPECT_EQ(put(next(7, {"alice"}, "other")).code, Code::kConflict);
}

TEST_P(WorkerStoreGroups, AreMadeUpToALimitThatCountsDeletedOnes) {
  auto one = next(1, {"alice", "bob"});
  one.made_most = 2;
  auto two = one, three = one, theirs = one;
  two.group_id = id('h');
  two.name = "two";
  three.group_id = id('i');
  three.name = "three";
  EXPECT_EQ(put(one).code, Code::kOk);
  EXPECT_EQ(put(two).code, Code::kOk);
  EXPECT_EQ(put(three).code, Code::kTooManyGroups);
  EXPECT_EQ(put(two).code, Code::kOk) << "the same again is no new one";
  auto later = next(2, {"alice", "bob"});
  later.made_most = 2;
  EXPECT_EQ(put(later).code, Code::kOk) << "nor is another epoch";
  end(alice_);
  EXPECT_EQ(put(three).code, Code::kTooManyGroups) << "its states are kept";
  theirs.uid = bob_;
  theirs.admin = "bob";
  theirs.group_id = id('j');
  theirs.name = "theirs";
  EXPECT_EQ(put(theirs).code, Code::kOk) << "a member has not made it";
  three.made_most = 3;
  EXPECT_EQ(put(three).code, Code::kOk);
}

TEST_P(WorkerStoreGroups, NameTheUserThatDoesNotExist) {
  const auto no = put(next(1, {"alice", "nobody"}));
  EXPECT_EQ(no.code, Code::kUnknownUser);
  EXPECT_EQ(no.who, "nobody");
  EXPECT_TRUE(list(alice_).empty()) << "nothing of it is stored";
}

TEST_P(WorkerStoreGroups, HaveNamesOfTheirOwnUntilTheyAreRenamedOrDeleted) {
  put(next(1, {"alice"}));
  auto other = next(1, {"bob"});
  other.uid = bob_;
  other.admin = "bob";
  other.group_id = id('h');
  EXPECT_EQ(put(other).code, Code::kNameTaken);
  put(next(2, {"alice"}, "crew"));
  EXPECT_EQ(put(other).code, Code::kOk);
  EXPECT_EQ(put(next(3, {"alice"}, "team")).code, Code::kNameTaken);
  end(alice_);
  other.epoch = 2;
  other.name = "crew";
  EXPECT_EQ(put(other).code, Code::kOk);
}

TEST_P(WorkerStoreGroups, LetAMemberLeaveAtOnceAndTheAdminNever) {
  put(next(1, {"alice", "bob", "carol"}));
  EXPECT_EQ(leave(alice_).code, Code::kNotAllowed);
  const uint64_t before = row().changes;
  const auto left = leave(bob_);
  EXPECT_EQ(left.code, Code::kOk);
  EXPECT_EQ(left.action, worker::GroupAction::kLeave);
  EXPECT_EQ(left.epoch, 1u);
  EXPECT_THAT(left.uids, testing::UnorderedElementsAre(alice_, bob_, carol_));
  EXPECT_NE(row().changes, before);
  EXPECT_THAT(members(), testing::UnorderedElementsAre("alice 1-0", "bob 1-2", "carol 1-0"));
  EXPECT_EQ(leave(bob_).code, Code::kOk) << "asked again";
  EXPECT_TRUE(list(bob_).empty());
  EXPECT_EQ(get(bob_).epoch, 1u) << "the epoch without him does not exist yet";
  put(next(2, {"alice", "carol"}));
  put(next(3, {"alice"}));
  EXPECT_THAT(get(bob_).states, testing::ElementsAre("state 1", "state 2"));
}

TEST_P(WorkerStoreGroups, TakeWhomTheNextStateNamesAlsoWhenHeLeftMeanwhile) {
  put(next(1, {"alice", "bob"}));
  leave(bob_);
  put(next(2, {"alice", "bob"}));
  EXPECT_THAT(members(), testing::UnorderedElementsAre("alice 1-0", "bob 1-2", "bob 2-0"));
  EXPECT_TRUE(get(bob_).member);
}

TEST_P(WorkerStoreGroups, ThatAreDeletedHaveNoMembersButTheirStatesStayReadable) {
  put(next(1, {"alice", "bob"}));
  EXPECT_EQ(end(bob_).code, Code::kNotAllowed);
  EXPECT_EQ(end(carol_).code, Code::kUnknownGroup);
  const auto ended = end(alice_);
  EXPECT_EQ(ended.code, Code::kOk);
  EXPECT_THAT(ended.uids, testing::UnorderedElementsAre(alice_, bob_));
  EXPECT_EQ(end(alice_).code, Code::kOk) << "asked again";
  EXPECT_THAT(members(), testing::UnorderedElementsAre("alice 1-2", "bob 1-2"));
  EXPECT_TRUE(list(alice_).empty());
  const auto seen = get(bob_);
  EXPECT_EQ(seen.code, Code::kOk);
  EXPECT_TRUE(seen.deleted);
  EXPECT_EQ(seen.name, "");
  EXPECT_THAT(seen.states, testing::ElementsAre("state 1"));
  EXPECT_EQ(put(next(2, {"alice"})).code, Code::kUnknownGroup);
  EXPECT_EQ(leave(bob_).code, Code::kOk);
}

TEST_P(WorkerStoreGroups, AreUnknownToWhoNeverWasInThem) {
  put(next(1, {"alice", "bob"}));
  EXPECT_EQ(get(carol_).code, Code::kUnknownGroup);
  EXPECT_EQ(leave(carol_).code, Code::kUnknownGroup);
  EXPECT_EQ(put(next(2, {"alice", "bob"})).code, Code::kOk);
  auto unmade = next(2, {"alice"}, "other");
  unmade.group_id = id('h');
  EXPECT_EQ(put(unmade).code, Code::kUnknownGroup);
}

TEST_P(WorkerStoreGroups, AreLookedUpWithoutTheirMembersWhenNothingChanged) {
  put(next(1, {"alice", "bob"}));
  const auto first = row();
  EXPECT_EQ(first.group_id, id('g'));
  EXPECT_EQ(first.members.size(), 2u);
  const auto same = row(first.changes);
  EXPECT_EQ(same.gid, first.gid);
  EXPECT_EQ(same.changes, first.changes);
  EXPECT_TRUE(same.members.empty());
  leave(bob_);
  EXPECT_EQ(row(first.changes).members.size(), 2u) << "he was in the epoch";
}

TEST_P(WorkerStoreGroups, ForgetAtLookUpsWhoIsGoneForMoreThanEightEpochs) {
  put(next(1, {"alice", "bob"}));
  for (uint64_t epoch = 2; epoch <= 9; ++epoch) put(next(epoch, {"alice"}));
  EXPECT_THAT(members(), testing::UnorderedElementsAre("alice 1-0", "bob 1-2"));
  put(next(10, {"alice"}));
  EXPECT_THAT(members(), testing::UnorderedElementsAre("alice 1-0"));
}

TEST_P(WorkerStoreGroups, GiveTheirStatesInPartsThatFitAFrame) {
  for (uint64_t epoch = 1; epoch <= 6; ++epoch) {
    auto p = next(epoch, {"alice"});
    p.state = Bytes(128 * 1024, static_cast<char>('0' + epoch));
    put(p);
  }
  const auto first = get(alice_);
  ASSERT_EQ(first.states.size(), 4u);
  EXPECT_EQ(first.epoch, 6u) << "there is more";
  EXPECT_EQ(first.states[3][0], '4');
  EXPECT_EQ(get(alice_, 5).states.size(), 2u);
}

TEST_P(WorkerStoreGroups, MessagesOfThemWaitForEachMember) {
  const uint64_t c1 = backend_->add_device(carol_, 'e'), a2 = backend_->add_device(alice_, 'd');
  const uint64_t b2 = backend_->add_device(bob_, 'c');
  put(next(1, {"alice", "bob", "carol"}));
  const uint64_t gid = row().gid;
  auto m = message(1, {b1_, b2, c1, a2});
  m.owners = {bob_, bob_, carol_, alice_};
  m.to_uid = 0;
  m.to_gid = gid;
  insert({m});
  const auto got = drain(c1).rows;
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].to_gid, gid);
  EXPECT_EQ(got[0].to_uid, 0u);
  EXPECT_EQ(got[0].from_uid, alice_);
  const auto waits = [&](uint64_t member) { return worker::Queried::Waiting{501, member}; };
  EXPECT_THAT(query(alice_, {1}).waiting, testing::UnorderedElementsAre(waits(bob_), waits(carol_)));
  const uint64_t mid = got[0].mid;
  remove({.rows = {{c1, mid}, {b1_, mid}}, .keep_receipts = {{a1_, 501, carol_}}, .drop_receipts = {}});
  EXPECT_THAT(query(alice_, {1}).waiting, testing::ElementsAre(waits(bob_))) << "his other device";
  const auto receipts = drain(a1_).receipts;
  ASSERT_EQ(receipts.size(), 1u);
  EXPECT_EQ(receipts[0].member, carol_);
  remove({.rows = {{b2, mid}}, .keep_receipts = {}, .drop_receipts = {{a1_, receipts[0].id}}});
  EXPECT_THAT(query(alice_, {1}).unknown, testing::ElementsAre(501u)) << "the sender's own device does not count";
}

TEST_P(WorkerStoreGroups, AMemberWhoseDeviceIsGoneGetsItInHisMailbox) {
  const uint64_t c1 = backend_->add_device(carol_, 'e');
  remove_device(carol_, Bytes(16, 'e'));
  auto m = message(1, {b1_, c1});
  m.owners = {bob_, carol_};
  m.to_uid = 0;
  m.to_gid = 5;
  insert({m});
  EXPECT_THAT(refs(look_up({"carol"}).users[0].mailbox), testing::ElementsAre(501u));
  EXPECT_THAT(refs(b1_), testing::ElementsAre(501u));
}

}  // namespace fastchat::test
