// The contract of every worker::Store, further part: contacts, messages of strangers, and cards. Include this header
// after worker_groups_contract.h, in one source file of a test program, because it defines tests.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/worker_groups_contract.h"

namespace fastchat::test {

class WorkerStoreContacts : public WorkerStoreGroups {
 protected:
  static constexpr auto kAccepted = v1::ACCEPTED, kBlocked = v1::BLOCKED;
  static constexpr auto kNone = v1::NONE;

  std::set<uint64_t> woken_;  // devices of senders whose receipts the last set() released

  Code set(uint64_t uid, std::vector<worker::ContactRow> rows, v1::Strangers strangers = v1::STRANGERS_NOT_SET) {
    worker::PutContacts request{.session = 1, .request = 2, .uid = uid, .contacts = std::move(rows)};
    request.strangers = strangers;
    const auto reply = std::get<worker::ContactsPut>(backend_->writer().run(std::move(request)));
    woken_ = {reply.wake.begin(), reply.wake.end()};
    return reply.code;
  }
  Code set(uint64_t uid, const std::string& name, v1::Standing standing) { return set(uid, {{name, {}, standing}}); }
  worker::ContactList list(uint64_t uid, const std::string& after = "", const Bytes& after_group = "") {
    return std::get<worker::ContactList>(backend_->reader().run(worker::ListContacts{1, 2, uid, after, after_group}));
  }
  // Returns the contacts as "bob 1", the groups as "#g".
  std::vector<std::string> names(uint64_t uid) {
    std::vector<std::string> out;
    for (const auto& c : list(uid).contacts) {
      out.push_back(c.group.empty() ? c.user + " " + std::to_string(c.standing) : "#" + c.group.substr(0, 1));
    }
    return out;
  }
  worker::QueueInsert strange(uint64_t seq, std::vector<uint64_t> dids) {
    auto m = message(seq, std::move(dids));
    m.stranger = true;
    return m;
  }
  // Sends a message of another stranger to bob.
  Code from_other(uint64_t uid, uint64_t seq) {
    auto m = strange(seq, {b1_});
    m.from_uid = uid;
    m.from_did = 9'000 + uid;
    return insert({m}).at(0);
  }
  // Acknowledges what waits for the device, as a worker does.
  void take_all(uint64_t did, uint64_t uid) {
    const auto drained = drain(did);
    worker::RemoveBatch batch;
    batch.store = drained.store;
    for (const auto& row : drained.rows) {
      batch.rows.push_back({did, row.mid});
      worker::DidRef receipt{row.from_did, row.ref, row.to_gid != 0 ? uid : 0};
      if (row.quiet) receipt.held_by = uid, receipt.gid = row.to_gid;
      batch.keep_receipts.push_back(receipt);
    }
    EXPECT_EQ(remove(std::move(batch)), Code::kOk);
  }
  std::vector<uint64_t> receipts(uint64_t did) {
    std::vector<uint64_t> out;
    for (const auto& r : drain(did).receipts) out.push_back(r.ref);
    return out;
  }
};

TEST_P(WorkerStoreContacts, KeepsOneStandingForEachUserAndAPolicy) {
  EXPECT_EQ(list(bob_).strangers, v1::TAKE) << "an account of before";
  EXPECT_EQ(set(bob_, {{"alice", {}, kAccepted}, {"carol", {}, kBlocked}, {"", id('g'), kAccepted}}, v1::REFUSE),
            Code::kOk);
  EXPECT_THAT(names(bob_), testing::ElementsAre("alice 1", "carol 2", "#g"));
  EXPECT_EQ(list(bob_).strangers, v1::REFUSE);
  EXPECT_EQ(set(bob_, {{"alice", {}, kBlocked}, {"carol", {}, kNone}, {"", id('g'), kNone}}), Code::kOk);
  EXPECT_THAT(names(bob_), testing::ElementsAre("alice 2"));
  EXPECT_EQ(list(bob_).strangers, v1::REFUSE) << "as it was";
  EXPECT_THAT(names(alice_), testing::IsEmpty());
}

TEST_P(WorkerStoreContacts, SaysWhetherAPutChangedAnything) {
  put(next(1, {"alice", "bob"}));
  const auto changed = [this](std::vector<worker::ContactRow> rows, v1::Strangers strangers = v1::STRANGERS_NOT_SET) {
    const uint64_t before = row().changes;
    worker::PutContacts request{.session = 1, .request = 2, .uid = bob_, .contacts = std::move(rows)};
    request.strangers = strangers;
    const auto reply = std::get<worker::ContactsPut>(backend_->writer().run(std::move(request)));
    EXPECT_EQ(reply.code, Code::kOk);
    EXPECT_TRUE(reply.changed || row().changes == before) << "no worker reads the group anew";
    return reply.changed;
  };
  EXPECT_FALSE(changed({{"alice", {}, kNone}, {"", id('g'), kNone}}, v1::TAKE)) << "as it is";
  EXPECT_TRUE(changed({}, v1::ASK));
  EXPECT_FALSE(changed({}, v1::ASK));
  for (const auto standing : {kAccepted, kBlocked, kNone}) {
    EXPECT_TRUE(changed({{"alice", {}, standing}}));
    EXPECT_FALSE(changed({{"alice", {}, standing}, {"bob", {}, kBlocked}, {"nobody", {}, kAccepted}}));
  }
  for (const auto standing : {kAccepted, kNone}) {
    EXPECT_TRUE(changed({{"", id('g'), standing}}));
    EXPECT_FALSE(changed({{"", id('g'), standing}}));
  }
  EXPECT_TRUE(changed({{"alice", {}, kNone}, {"carol", {}, kAccepted}})) << "one of two";
}

TEST_P(WorkerStoreContacts, PassesOverNamesThatNobodyHasAndOnesOwn) {
  EXPECT_EQ(set(bob_, {{"bob", {}, kBlocked}, {"carol", {}, kAccepted}, {"nobody", {}, kAccepted}}), Code::kOk);
  EXPECT_THAT(names(bob_), testing::ElementsAre("carol 1"));
}

TEST_P(WorkerStoreContacts, TellsPoliciesAndStandings) {
  set(bob_, {{"alice", {}, kAccepted}, {"carol", {}, kBlocked}}, v1::ASK);
  const auto found = look_up({"alice", "bob"});
  ASSERT_EQ(found.users.size(), 2u);
  for (const auto& u : found.users) {
    EXPECT_EQ(u.strangers, u.name == "bob" ? v1::ASK : v1::TAKE);
    EXPECT_EQ(u.blocks, u.name == "bob");
  }
  const auto standings = std::get<worker::StandingsLookedUp>(
      backend_->reader().run(worker::StandingLookup{9, {{bob_, carol_}, {alice_, bob_}, {bob_, alice_}}}));
  EXPECT_EQ(standings.asked_at, 9);
  EXPECT_THAT(standings.pairs,
              testing::ElementsAre(worker::Pair{bob_, carol_}, worker::Pair{alice_, bob_}, worker::Pair{bob_, alice_}));
  EXPECT_THAT(standings.standings, testing::ElementsAre(kBlocked, kNone, kAccepted));
}

TEST_P(WorkerStoreContacts, AListHasABound) {
  std::vector<worker::ContactRow> groups;
  const auto group_id = [](uint64_t n) {
    Bytes out(24, 'x');
    put_u64(out, n);
    return out;
  };
  for (uint64_t i = 0; i < worker::kMaxContactGroups; ++i) groups.push_back({"", group_id(i), kAccepted});
  EXPECT_EQ(set(bob_, groups), Code::kOk);
  EXPECT_EQ(set(bob_, {{"alice", {}, kAccepted}, {"", id('z'), kAccepted}}, v1::ASK), Code::kTooLarge);
  EXPECT_EQ(list(bob_).strangers, v1::TAKE) << "nothing of it";
  const auto page = list(bob_);
  EXPECT_EQ(page.contacts.size(), worker::kMaxContactGroups);
  EXPECT_FALSE(page.more);
  set(bob_, "alice", kAccepted);
  const auto first = list(bob_);
  EXPECT_TRUE(first.more);
  EXPECT_EQ(first.contacts.front().user, "alice");
  const auto rest = list(bob_, "", first.contacts.back().group);
  ASSERT_EQ(rest.contacts.size(), 1u);
  EXPECT_EQ(rest.contacts[0].group, group_id(worker::kMaxContactGroups - 1));
  EXPECT_EQ(list(bob_, "alice").contacts.size(), worker::kMaxContactGroups);
}

TEST_P(WorkerStoreContacts, AStrangerHasThreeMessages) {
  set(bob_, {}, v1::ASK);
  EXPECT_THAT(insert({strange(1, {b1_}), strange(2, {b1_}), strange(3, {b1_}), strange(4, {b1_})}),
              testing::UnorderedElementsAre(Code::kOk, Code::kOk, Code::kOk, Code::kNotAcceptedYet));
  EXPECT_THAT(insert({strange(2, {b1_})}), testing::ElementsAre(Code::kOk)) << "the same again";
  EXPECT_THAT(refs(b1_), testing::ElementsAre(501u, 502u, 503u));
  EXPECT_TRUE(drain(b1_).rows[0].quiet);
  take_all(b1_, bob_);
  EXPECT_THAT(insert({strange(4, {b1_})}), testing::ElementsAre(Code::kNotAcceptedYet)) << "until bob answers";
  EXPECT_THAT(query(alice_, {1, 4}).queued, testing::ElementsAre(501u)) << "no more than that";
  EXPECT_THAT(query(alice_, {1, 4}).unknown, testing::ElementsAre(504u));
  EXPECT_THAT(receipts(a1_), testing::IsEmpty());
  const auto swept = std::get<worker::Swept>(backend_->reader().run(worker::Sweep{{a1_}, {0}}));
  EXPECT_THAT(swept.dids, testing::IsEmpty()) << "a receipt that is held back wakes nobody";

  set(bob_, "alice", kAccepted);
  EXPECT_THAT(receipts(a1_), testing::ElementsAre(501u, 502u, 503u)) << "bob has them";
  EXPECT_THAT(insert({message(5, {b1_})}), testing::ElementsAre(Code::kOk));
  EXPECT_FALSE(drain(b1_).rows.at(0).quiet);
}

TEST_P(WorkerStoreContacts, AStrangersMessageThatWaitsIsAFriendsOnceAccepted) {
  set(bob_, {}, v1::ASK);
  insert({strange(1, {b1_})});
  set(bob_, "alice", kAccepted);
  EXPECT_FALSE(drain(b1_).rows.at(0).quiet);
  EXPECT_THAT(query(alice_, {1}).queued, testing::ElementsAre(501u));
}

TEST_P(WorkerStoreContacts, AnAcknowledgementOnItsWayWhileBobAcceptsIsNotHeldBack) {
  set(bob_, {}, v1::ASK);
  insert({strange(1, {b1_})});
  const auto drained = drain(b1_);
  set(bob_, "alice", kAccepted);
  worker::RemoveBatch batch;
  batch.rows = {{b1_, drained.rows.at(0).mid}};
  batch.keep_receipts = {{.did = a1_, .ref = 501, .held_by = bob_}};
  remove(batch);
  EXPECT_THAT(receipts(a1_), testing::ElementsAre(501u));
}

TEST_P(WorkerStoreContacts, WhoTakesEverythingHoldsNothingBack) {
  put(next(1, {"alice", "bob"}));
  set(bob_, {{"carol", {}, kBlocked}}, v1::ASK);
  const uint64_t c1 = backend_->add_device(carol_, 'e');
  insert({strange(1, {b1_})});
  auto of_group = message(2, {b1_});
  of_group.to_uid = 0;
  of_group.to_gid = row().gid;
  insert({of_group});
  take_all(b1_, bob_);
  worker::RemoveBatch blocked;
  blocked.keep_receipts = {{.did = c1, .ref = 7, .held_by = bob_}};
  remove(blocked);
  set(bob_, {}, v1::REFUSE);
  EXPECT_THAT(receipts(a1_), testing::IsEmpty());
  set(bob_, {}, v1::TAKE);
  EXPECT_THAT(woken_, testing::ElementsAre(a1_)) << "alice may be live, and hears of the receipts at once";
  EXPECT_THAT(receipts(a1_), testing::UnorderedElementsAre(501u, 502u));
  EXPECT_THAT(receipts(c1), testing::IsEmpty()) << "carol stays blocked";
  set(bob_, "carol", kNone);
  EXPECT_THAT(woken_, testing::ElementsAre(c1));
  EXPECT_THAT(receipts(c1), testing::ElementsAre(7u)) << "the end of a block opens bob";
}

TEST_P(WorkerStoreContacts, ASweepReleasesWhatNobodyHoldsBackAnyMore) {
  put(next(1, {"alice", "bob", "carol"}));
  set(bob_, {{"carol", {}, kAccepted}}, v1::ASK);
  auto of_group = message(2, {b1_});
  of_group.to_uid = 0;
  of_group.to_gid = row().gid;
  insert({of_group});
  take_all(b1_, bob_);
  const auto sweep = [this] {
    backend_->new_sweep();
    (void)backend_->sweeper().run(worker::Reap{});
  };
  sweep();
  EXPECT_THAT(receipts(a1_), testing::IsEmpty());
  auto handed_over = next(2, {"alice", "bob", "carol"});
  handed_over.admin = "carol";
  EXPECT_EQ(put(handed_over).code, Code::kOk);
  sweep();
  EXPECT_THAT(receipts(a1_), testing::ElementsAre(502u)) << "bob accepts the admin of now";
}

TEST_P(WorkerStoreContacts, TheStoreDecidesAboutAStranger) {
  set(bob_, "alice", kBlocked);
  EXPECT_THAT(insert({strange(1, {b1_})}), testing::ElementsAre(Code::kRefused));
  set(bob_, {{"alice", {}, kNone}}, v1::REFUSE);
  EXPECT_THAT(insert({strange(1, {b1_})}), testing::ElementsAre(Code::kRefused));
  set(bob_, "alice", kAccepted);
  EXPECT_THAT(insert({strange(1, {b1_})}), testing::ElementsAre(Code::kOk));
  EXPECT_FALSE(drain(b1_).rows.at(0).quiet);
}

TEST_P(WorkerStoreContacts, ManyStrangersFillNothingButTheBounds) {
  set(bob_, {}, v1::ASK);
  size_t taken = 0;
  for (uint64_t i = 0; i < 110; ++i) {
    const uint64_t uid = backend_->add_user("s" + std::to_string(1'000 + i));
    const Code code = from_other(uid, 1);
    EXPECT_TRUE(code == Code::kOk || code == Code::kNotAcceptedYet);
    taken += code == Code::kOk ? 1 : 0;
    EXPECT_LE(refs(b1_).size(), worker::kStrangersQueued);
    if (refs(b1_).size() == worker::kStrangersQueued) take_all(b1_, bob_);
  }
  EXPECT_EQ(taken, worker::kMaxStrangers);
  EXPECT_THAT(insert({message(9, {b1_})}), testing::ElementsAre(Code::kOk)) << "a friend's goes on";
  set(bob_, "s1000", kNone);
  EXPECT_EQ(from_other(backend_->add_user("zoe"), 1), Code::kOk) << "one was answered";
}

TEST_P(WorkerStoreContacts, AnIdentityBelongsToOneRecipient) {
  const uint64_t c1 = backend_->add_device(carol_, 'e');
  set(bob_, {}, v1::ASK);
  set(carol_, {}, v1::ASK);
  insert({strange(1, {b1_}), strange(2, {b1_})});
  const auto to_carol = [&](uint64_t seq) {
    auto m = strange(seq, {c1});
    m.to_uid = carol_;
    m.owners = {carol_};
    return m;
  };
  EXPECT_THAT(insert({to_carol(1)}), testing::ElementsAre(Code::kConflict));
  take_all(b1_, bob_);
  EXPECT_THAT(insert({to_carol(2)}), testing::ElementsAre(Code::kConflict)) << "whatever bob's devices have";
  EXPECT_THAT(insert({to_carol(3)}), testing::ElementsAre(Code::kOk));
  EXPECT_THAT(refs(c1), testing::ElementsAre(503u));
}

TEST_P(WorkerStoreContacts, AnIdentityBelongsToOneContent) {
  set(bob_, {}, v1::ASK);
  const auto other = [this] {
    auto m = strange(1, {b1_});
    m.envelope = "other";
    return m;
  };
  EXPECT_THAT(insert({strange(1, {b1_}), other()}), testing::UnorderedElementsAre(Code::kOk, Code::kConflict));
  EXPECT_THAT(insert({other()}), testing::ElementsAre(Code::kConflict)) << "while it waits";
  take_all(b1_, bob_);
  EXPECT_THAT(insert({other()}), testing::ElementsAre(Code::kConflict)) << "when bob has it";
  EXPECT_THAT(insert({strange(1, {b1_})}), testing::ElementsAre(Code::kOk)) << "the same again";
  EXPECT_THAT(refs(b1_), testing::IsEmpty()) << "bob has it already";
  backend_->pass_days(1);
  backend_->new_sweep();
  (void)backend_->sweeper().run(worker::Reap{});
  EXPECT_THAT(insert({other()}), testing::ElementsAre(Code::kConflict)) << "when the body is gone";
  EXPECT_THAT(insert({strange(1, {b1_})}), testing::ElementsAre(Code::kOk));
  EXPECT_THAT(refs(b1_), testing::IsEmpty());
}

TEST_P(WorkerStoreContacts, AnIdentityOfAFriendsMessageIsNoStrangers) {
  insert({message(1, {b1_})});
  set(bob_, {}, v1::ASK);
  auto m = strange(1, {b1_});
  m.envelope = "other";
  EXPECT_THAT(insert({m}), testing::ElementsAre(Code::kConflict));
  EXPECT_THAT(query(alice_, {1}).queued, testing::ElementsAre(501u));
  take_all(b1_, bob_);
  EXPECT_THAT(insert({strange(2, {b1_}), strange(3, {b1_}), strange(4, {b1_})}), testing::Each(Code::kOk))
      << "the refused one took no place";
}

TEST_P(WorkerStoreContacts, ABlockDropsWhatNoDeviceHasAndItsSenderLearnsNothing) {
  const uint64_t b2 = backend_->add_device(bob_, 'c');
  insert({message(1, {b1_, b2}), message(2, {b1_, b2})});
  worker::RemoveBatch one;
  one.rows = {{b1_, drain(b1_).rows.at(0).mid}};
  remove(one);
  EXPECT_THAT(query(alice_, {1}).delivered, testing::ElementsAre(501u));
  set(bob_, "alice", kBlocked);
  EXPECT_THAT(query(alice_, {1}).queued, testing::ElementsAre(501u)) << "and so it stays";
  EXPECT_THAT(refs(b1_), testing::IsEmpty());
  EXPECT_THAT(refs(b2), testing::ElementsAre(501u)) << "the first device has it";
  EXPECT_THAT(query(alice_, {2}).queued, testing::ElementsAre(502u));
  EXPECT_THAT(receipts(a1_), testing::IsEmpty());
  EXPECT_TRUE(drain(b2).rows.at(0).quiet);
  take_all(b2, bob_);
  EXPECT_THAT(receipts(a1_), testing::IsEmpty()) << "the second device tells alice nothing";
  EXPECT_THAT(query(alice_, {1}).queued, testing::ElementsAre(501u));
  set(bob_, "alice", kAccepted);
  EXPECT_THAT(receipts(a1_), testing::ElementsAre(501u)) << "nobody has the second one";
  EXPECT_THAT(query(alice_, {2}).queued, testing::ElementsAre(502u));
}

TEST_P(WorkerStoreContacts, ADeclinedRequestGoesAndDoesNotComeAgain) {
  set(bob_, {}, v1::ASK);
  insert({strange(1, {b1_}), strange(2, {b1_})});
  set(bob_, "alice", kNone);
  EXPECT_THAT(refs(b1_), testing::IsEmpty());
  EXPECT_THAT(query(alice_, {1, 2}).queued, testing::UnorderedElementsAre(501u, 502u)) << "not sent again";
  EXPECT_THAT(insert({strange(3, {b1_})}), testing::ElementsAre(Code::kOk)) << "another try";
}

TEST_P(WorkerStoreContacts, ADeletedSenderLeavesNoRequest) {
  set(bob_, {}, v1::ASK);
  backend_->delete_user(alice_);
  EXPECT_THAT(insert({strange(1, {b1_})}), testing::ElementsAre(Code::kBusy)) << "its session ends";
  EXPECT_THAT(refs(b1_), testing::IsEmpty());
}

TEST_P(WorkerStoreContacts, AMemberWhoHasNotAcceptedIsInvited) {
  put(next(1, {"alice", "bob", "carol"}));
  const auto invited = [this](uint64_t known = 0) {
    std::vector<std::string> out;
    for (const auto& m : row(known).members) {
      if (m.invited) out.push_back(m.name);
    }
    return out;
  };
  EXPECT_THAT(invited(), testing::IsEmpty()) << "they take everything";
  const uint64_t before = row().changes;
  set(bob_, {}, v1::ASK);
  EXPECT_GT(row(before).changes, before) << "no worker goes on with what it has cached";
  EXPECT_THAT(invited(before), testing::ElementsAre("bob"));
  set(bob_, {{"", id('g'), kAccepted}});
  EXPECT_THAT(invited(), testing::IsEmpty());
  set(bob_, {{"", id('g'), kNone}});
  EXPECT_THAT(invited(), testing::ElementsAre("bob"));
  set(bob_, "alice", kAccepted);
  EXPECT_THAT(invited(), testing::IsEmpty()) << "the admin is accepted";
  set(carol_, "alice", kBlocked);
  EXPECT_THAT(invited(), testing::ElementsAre("carol"));
}

TEST_P(WorkerStoreContacts, AnInvitedMemberGetsMessagesAndTheSenderNoMoreThanQueued) {
  put(next(1, {"alice", "bob"}));
  set(bob_, {}, v1::ASK);
  auto m = message(1, {b1_});
  m.to_uid = 0;
  m.to_gid = row().gid;
  insert({m});
  EXPECT_TRUE(drain(b1_).rows.at(0).quiet);
  take_all(b1_, bob_);
  EXPECT_THAT(receipts(a1_), testing::IsEmpty());
  const auto asked = query(alice_, {1});
  EXPECT_THAT(asked.queued, testing::ElementsAre(501u));
  EXPECT_THAT(asked.waiting, testing::ElementsAre(worker::Queried::Waiting{501, bob_}));
  set(bob_, {{"", id('g'), kAccepted}});
  EXPECT_THAT(receipts(a1_), testing::ElementsAre(501u));
}

TEST_P(WorkerStoreContacts, ACardMakesTwoContactsOnce) {
  const auto put_card = [this](char hash, int64_t until_ms) {
    return std::get<worker::CardPut>(backend_->writer().run(worker::PutCard{1, 2, bob_, Bytes(32, hash), until_ms}))
        .code;
  };
  const auto redeem = [this](uint64_t uid, char hash, const std::string& maker = "bob") {
    return std::get<worker::CardRedeemed>(
        backend_->writer().run(worker::RedeemCard{1, 2, uid, maker, Bytes(32, hash)}));
  };
  constexpr int64_t kFar = INT64_MAX;
  set(bob_, {}, v1::ASK);
  insert({strange(1, {b1_})});
  EXPECT_EQ(put_card('h', kFar), Code::kOk);
  EXPECT_EQ(put_card('h', kFar), Code::kOk) << "the same again";
  EXPECT_EQ(put_card('o', 1), Code::kNotAllowed) << "over";
  EXPECT_EQ(redeem(alice_, 'x').code, Code::kBadInvite);
  EXPECT_EQ(redeem(alice_, 'h', "carol").code, Code::kBadInvite) << "another's";
  EXPECT_EQ(redeem(alice_, 'h', "nobody").code, Code::kBadInvite);
  EXPECT_EQ(redeem(bob_, 'h').code, Code::kBadInvite) << "his own";
  const auto done = redeem(alice_, 'h');
  EXPECT_EQ(done.code, Code::kOk);
  EXPECT_EQ(done.maker, bob_);
  EXPECT_THAT(names(bob_), testing::ElementsAre("alice 1"));
  EXPECT_THAT(names(alice_), testing::ElementsAre("bob 1"));
  EXPECT_FALSE(drain(b1_).rows.at(0).quiet);
  EXPECT_EQ(redeem(alice_, 'h').code, Code::kOk) << "the answer was lost";
  for (const v1::Standing later : {kNone, kBlocked}) {
    set(bob_, "alice", later);
    set(alice_, "bob", kNone);
    const auto before = names(bob_);
    EXPECT_EQ(redeem(alice_, 'h').code, Code::kOk) << "the answer does not tell what bob thinks now";
    EXPECT_EQ(names(bob_), before) << "a card makes contacts once";
    EXPECT_THAT(names(alice_), testing::IsEmpty());
  }
  EXPECT_EQ(redeem(carol_, 'h').code, Code::kBadInvite) << "used";
  set(bob_, "carol", kBlocked);
  for (char c = 'A'; c < 'A' + static_cast<char>(worker::kMaxOpenCards); ++c) EXPECT_EQ(put_card(c, kFar), Code::kOk);
  EXPECT_EQ(put_card('z', kFar), Code::kTooLarge);
  EXPECT_EQ(redeem(carol_, 'A').code, Code::kBadInvite) << "blocked";
}

TEST_P(WorkerStoreRoom, AStrangersMessageWithoutSpaceIsNoRequest) {
  (void)backend_->writer().run(worker::PutContacts{.session = 1, .request = 2, .uid = bob_, .strangers = v1::ASK});
  const uint64_t a2 = backend_->add_device(alice_, 'f');
  const auto strange = [&](uint64_t seq, std::vector<uint64_t> dids) {
    auto m = message(seq, std::move(dids));
    m.stranger = true;
    return m;
  };
  auto third = strange(3, {b1_, a2});
  third.owners = {bob_, alice_};
  EXPECT_THAT(insert({strange(1, {b1_}), strange(2, {b1_}), third}),
              testing::UnorderedElementsAre(Code::kOk, Code::kOk, Code::kNotAcceptedYet, Code::kNotAcceptedYet));
  EXPECT_THAT(query(alice_, {3}).unknown, testing::ElementsAre(503u));
  EXPECT_THAT(refs(a2), testing::IsEmpty()) << "what nobody got is in no list";
  const uint64_t b2 = backend_->add_device(bob_, 'c');
  EXPECT_THAT(insert({strange(3, {b1_, b2})}), testing::UnorderedElementsAre(Code::kNotAcceptedYet, Code::kOk))
      << "a full queue of one device keeps nothing from the other";
  EXPECT_THAT(query(alice_, {3}).queued, testing::ElementsAre(503u));
  EXPECT_THAT(insert({strange(3, {b1_, b2})}), testing::Each(Code::kOk)) << "the same again";
}

TEST(PutContactsLane, ALongChangeHasTheLaneOfDrops) {
  EXPECT_FALSE(worker::PutContacts({.contacts = {{"alice", {}, v1::ACCEPTED}}}).drops());
  EXPECT_TRUE(worker::PutContacts({.contacts = {{"alice", {}, v1::NONE}}}).drops());
  EXPECT_TRUE(worker::PutContacts({.strangers = v1::ASK}).drops()) << "counts a change of each group";
}

}  // namespace fastchat::test
