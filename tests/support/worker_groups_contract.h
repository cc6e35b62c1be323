// The contract of every worker::Store about groups; see worker_store_contract.h.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/worker_store_contract.h"

namespace fastchat::test {

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
  // Returns the members as "alice 1-0": since and left.
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
  one.max_made = 2;
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
  later.max_made = 2;
  EXPECT_EQ(put(later).code, Code::kOk) << "nor is another epoch";
  end(alice_);
  EXPECT_EQ(put(three).code, Code::kTooManyGroups) << "its states are kept";
  theirs.uid = bob_;
  theirs.admin = "bob";
  theirs.group_id = id('j');
  theirs.name = "theirs";
  EXPECT_EQ(put(theirs).code, Code::kOk) << "a member has not made it";
  three.max_made = 3;
  EXPECT_EQ(put(three).code, Code::kOk);
}

class WorkerStoreGroupBudget : public WorkerStoreGroups {
 protected:
  static constexpr int64_t kDayMs = 24 * 3600 * 1000;
  // epoch() returns an epoch of alice's group, of_bob() one of bob's own group.
  worker::PutGroup epoch(uint64_t number, worker::GroupBudget budget, size_t bytes = 10) {
    auto p = next(number, {"alice", "bob"});
    p.budget = budget;
    p.state = Bytes(bytes, static_cast<char>('0' + number));
    return p;
  }
  worker::PutGroup of_bob(uint64_t number, worker::GroupBudget budget, size_t bytes = 10) {
    auto p = epoch(number, budget, bytes);
    p.uid = bob_;
    p.admin = "bob";
    p.group_id = id('b');
    p.name = "of-bob";
    return p;
  }
};

TEST_P(WorkerStoreGroupBudget, AUserMakesSoManyEpochsADayInAllGroupsTogether) {
  const worker::GroupBudget two{.epochs_a_day = 2};
  EXPECT_EQ(put(epoch(1, two)).code, Code::kOk);
  auto other = epoch(1, two);
  other.group_id = id('h');
  other.name = "other";
  EXPECT_EQ(put(other).code, Code::kOk) << "a new group is an epoch, too";
  const auto no = put(epoch(2, two));
  EXPECT_EQ(no.code, Code::kThrottled);
  EXPECT_GT(no.retry_ms, kDayMs - 3'600'000);
  EXPECT_LE(no.retry_ms, kDayMs);
  EXPECT_TRUE(no.uids.empty());
  EXPECT_EQ(row().epoch, 1u) << "nothing of it is stored";
  EXPECT_EQ(put(epoch(1, two)).code, Code::kOk) << "what is stored is answered as before";
  EXPECT_EQ(put(epoch(2, {.epochs_a_day = 3})).code, Code::kOk) << "a refused one is not counted";
  EXPECT_EQ(put(epoch(3, {.epochs_a_day = 3})).code, Code::kThrottled) << "and what is asked again is not";
  backend_->pass_days(1);
  EXPECT_EQ(put(epoch(3, two)).code, Code::kOk);
  EXPECT_EQ(put(epoch(4, two)).code, Code::kOk);
  EXPECT_EQ(put(epoch(5, two)).code, Code::kThrottled);
}

TEST_P(WorkerStoreGroupBudget, WhatIsRefusedForAnotherReasonIsNotCounted) {
  const worker::GroupBudget two{.epochs_a_day = 2};
  put(epoch(1, two));
  EXPECT_EQ(put(epoch(3, two)).code, Code::kConflict);
  EXPECT_EQ(put(of_bob(2, two)).code, Code::kUnknownGroup);
  auto taken = of_bob(1, two);
  taken.name = "team";
  for (int i = 0; i < 3; ++i) EXPECT_EQ(put(taken).code, Code::kNameTaken);
  EXPECT_EQ(put(epoch(2, two)).code, Code::kOk);
  EXPECT_EQ(put(of_bob(1, two)).code, Code::kOk);
}

TEST_P(WorkerStoreGroupBudget, StatesOfAUserHaveSoManyBytesForEver) {
  const worker::GroupBudget some{.user_bytes = 100};
  EXPECT_EQ(put(epoch(1, some, 60)).code, Code::kOk);
  const auto no = put(epoch(2, some, 41));
  EXPECT_EQ(no.code, Code::kStorageFull);
  EXPECT_FALSE(no.all_full);
  EXPECT_EQ(row().epoch, 1u) << "nothing of it is stored";
  EXPECT_EQ(put(epoch(2, some, 40)).code, Code::kOk) << "just what fits";
  EXPECT_EQ(put(epoch(2, some, 40)).code, Code::kOk) << "asked again";
  EXPECT_EQ(end(alice_).code, Code::kOk);
  backend_->pass_days(30);
  auto other = epoch(1, some, 1);
  other.group_id = id('h');
  other.name = "other";
  EXPECT_EQ(put(other).code, Code::kStorageFull) << "states of a deleted group are kept";
  other.budget.user_bytes = 101;
  EXPECT_EQ(put(other).code, Code::kOk);
}

TEST_P(WorkerStoreGroupBudget, UsersDoNotShareIt) {
  const worker::GroupBudget one{.epochs_a_day = 1, .user_bytes = 50};
  EXPECT_EQ(put(epoch(1, one, 50)).code, Code::kOk);
  EXPECT_EQ(put(of_bob(1, one, 50)).code, Code::kOk) << "a member has used nothing up";
  EXPECT_NE(put(epoch(2, one, 1)).code, Code::kOk);
  EXPECT_NE(put(of_bob(2, one, 1)).code, Code::kOk);
}

TEST_P(WorkerStoreGroupBudget, WhoHandsAGroupOverPaysForThatStateAndTheNextAdminFromThenOn) {
  const worker::GroupBudget some{.user_bytes = 50};
  put(epoch(1, some, 20));
  auto handed = epoch(2, some, 31);
  handed.admin = "bob";
  EXPECT_EQ(put(handed).code, Code::kStorageFull) << "nobody fills the budget of somebody else";
  handed.state = Bytes(30, 'h');
  EXPECT_EQ(put(handed).code, Code::kOk);
  auto later = epoch(3, some, 50);
  later.uid = bob_;
  later.admin = "bob";
  EXPECT_EQ(put(later).code, Code::kOk);
}

TEST_P(WorkerStoreGroupBudget, StatesOfAllUsersHaveSoManyBytes) {
  const worker::GroupBudget all{.user_bytes = 90, .all_bytes = 100};
  EXPECT_EQ(put(epoch(1, all, 60)).code, Code::kOk);
  const auto no = put(of_bob(1, all, 41));
  EXPECT_EQ(no.code, Code::kStorageFull);
  EXPECT_TRUE(no.all_full);
  EXPECT_EQ(put(of_bob(1, all, 40)).code, Code::kOk);
  EXPECT_EQ(put(of_bob(1, all, 40)).code, Code::kOk) << "asked again";
  EXPECT_EQ(put(of_bob(2, all, 1)).code, Code::kStorageFull);
  EXPECT_EQ(put(of_bob(2, {.user_bytes = 90, .all_bytes = 0}, 1)).code, Code::kOk) << "0: no limit";
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
  EXPECT_EQ(drain(a2).rows.at(0).to_gid, gid) << "the copy of the sender's other device is of the same kind";
  EXPECT_EQ(got[0].from_uid, alice_);
  const auto waits = [&](uint64_t member) { return worker::Queried::Waiting{501, member}; };
  EXPECT_THAT(query(alice_, {1}).waiting, testing::UnorderedElementsAre(waits(bob_), waits(carol_)));
  const uint64_t mid = got[0].mid;
  remove({.rows = {{c1, mid}, {b1_, mid}}, .keep_receipts = {{a1_, 501, carol_}}, .drop_receipts = {}});
  EXPECT_TRUE(query(alice_, {1}).waiting.empty()) << "bob has it, only his other device waits";
  EXPECT_THAT(query(alice_, {1}).queued, testing::ElementsAre(501u));
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
