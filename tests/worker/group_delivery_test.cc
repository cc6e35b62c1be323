// Messages to groups (PROTOCOL.md section 4, "Groups" and "Traffic"), rule by rule.
#include <algorithm>

#include "tests/worker/engine_fixture.h"

namespace fastchat::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class GroupDelivery : public WorkerEngineTest {
 protected:
  static constexpr uint64_t kAt = 1, kBt = 2, kCt = 3, kA2t = 4;  // routing ids
  static constexpr uint64_t kCarol = 3, kDave = 4, kGid = 70;
  static constexpr uint64_t kA2 = 102, kC1 = 31, kD1 = 41, kMailboxC = 39;
  const Bytes kTeam = Bytes(32, 'g');

  GroupDelivery() {
    people = {{"alice", {"alice", kAlice, "", 190, {kA1}}},
              {"bob", {"bob", kBob, "", kMailboxB, {kB1}}},
              {"carol", {"carol", kCarol, "", kMailboxC, {kC1}}},
              {"dave", {"dave", kDave, "", 49, {kD1}}}};
    row = {kTeam, kGid, 1, 1, {{kAlice, "alice", 1, 0}, {kBob, "bob", 1, 0}, {kCarol, "carol", 1, 0}}};
    live(kAt, kAlice, "alice", kA1);
  }
  void bob_is_here() { live(kBt, kBob, "bob", kB1); }
  void carol_is_here() { live(kCt, kCarol, "carol", kC1); }

  void send_group(uint64_t ref, uint64_t epoch, uint64_t rid = kAt, uint64_t did = kA1) {
    UpstreamWriter w;
    w.send(ref, {.user = {}, .group = kTeam, .epoch = epoch}, Bytes(16, 's'), ref, "sealed");
    engine->on_client_frame(now, rid, user_id(did), w.take());
    turn();
  }
  bool asks_for_group() const { return find<worker::GroupLookup>() != nullptr; }
  void answer_group(Code code = Code::kOk) {
    const auto asked = expect<worker::GroupLookup>();
    worker::GroupsLookedUp reply{asked.asked_at, code, {}, {}};
    for (const auto& wanted : asked.groups) {
      reply.group_ids.push_back(wanted.group_id);
      if (code != Code::kOk || wanted.group_id != row.group_id) continue;
      reply.groups.push_back(row);
      if (wanted.changes == row.changes) reply.groups.back().members.clear();
    }
    engine->on_store_reply(now, std::move(reply));
    turn();
  }
  void answer_people(Code code = Code::kOk) {
    while (find<worker::Lookup>() != nullptr) {
      const auto asked = take<worker::Lookup>();
      worker::LookedUp reply{asked.asked_at, code, asked.names, {}};
      for (const auto& name : asked.names) {
        if (code == Code::kOk && people.contains(name)) reply.users.push_back(people.at(name));
      }
      engine->on_store_reply(now, std::move(reply));
      turn();
    }
  }
  void alice_sends(uint64_t ref, uint64_t epoch = 1) {
    send_group(ref, epoch);
    if (asks_for_group()) answer_group();
    answer_people();
  }
  void change(uint64_t epoch, std::vector<worker::GroupMember> members) {
    row.epoch = epoch;
    row.members = std::move(members);
    ++row.changes;
  }
  void told_by_bus(uint64_t epoch, std::vector<uint64_t> uids = {}) {
    add_peer();
    BusTrafficWriter w;
    w.group(kTeam, epoch, uids.data(), uids.size());
    traffic_of_peer(w);
  }
  // Returns "delivered+queued by waiting..." of the one group receipt since the last call.
  std::string receipt(uint64_t rid = kAt) {
    const auto t = traffic(rid);
    if (t.rejected_size() > 0) return "rejected " + std::to_string(t.rejected(0).code());
    if (t.group_size() == 0) return "none";
    std::string out = std::to_string(t.group(0).ref()) + ": " + std::to_string(t.group(0).delivered()) + "+" +
                      std::to_string(t.group(0).queued());
    for (const uint64_t w : t.group(0).waiting()) out += " " + std::to_string(w);
    return out;
  }
  static std::string rejected(v1::ErrorCode code) { return "rejected " + std::to_string(code); }

  std::map<std::string, worker::UserRow> people;
  worker::GroupRow row;
};

TEST_F(GroupDelivery, ComesAgainWhenAMemberDeletedTheAccountMeanwhile) {
  alice_sends(5);
  answer_insert(Code::kUnknownUser);
  EXPECT_EQ(receipt(), rejected(v1::BUSY));
}

TEST_F(GroupDelivery, ReachesEveryMemberAndIsCountedByMember) {
  bob_is_here();
  carol_is_here();
  alice_sends(5);
  EXPECT_EQ(traffic(kBt).deliveries_size(), 1);
  EXPECT_EQ(traffic(kCt).deliveries_size(), 1);
  ack(kBt, kB1, 1);
  EXPECT_EQ(receipt(), "none") << "carol is owed it";
  ack(kCt, kC1, 1);
  EXPECT_EQ(receipt(), "5: 2+0");
  EXPECT_EQ(find<worker::InsertBatch>(), nullptr) << "the database is not touched";
  EXPECT_EQ(engine->pending_bytes(), 0u);
  EXPECT_EQ(engine->counters().group_sends, 1u);
  EXPECT_EQ(engine->counters().group_members, 2u);
}

TEST_F(GroupDelivery, ForMembersAwayIsQueuedInOneCommitAndTheReceiptNamesThem) {
  bob_is_here();
  people["carol"].devices = {kC1, kC1 + 1};
  alice_sends(5);
  EXPECT_EQ(find<worker::InsertBatch>(), nullptr) << "not while bob may acknowledge";
  ack(kBt, kB1, 1);
  const auto batch = answer_insert();
  ASSERT_EQ(batch.rows.size(), 1u);
  EXPECT_EQ(batch.rows[0].to_gid, kGid);
  EXPECT_EQ(batch.rows[0].to_uid, 0u);
  EXPECT_THAT(batch.rows[0].dids, ElementsAre(kC1, kC1 + 1));
  EXPECT_THAT(batch.rows[0].owners, ElementsAre(kCarol, kCarol));
  EXPECT_EQ(receipt(), "5: 1+1 3");
}

TEST_F(GroupDelivery, AnInvitedMemberCountsAsQueuedHoweverNear) {
  bob_is_here();
  carol_is_here();
  row.members[1].invited = true;
  alice_sends(5);
  EXPECT_EQ(traffic(kBt).deliveries_size(), 0) << "by the queue";
  EXPECT_EQ(traffic(kCt).deliveries_size(), 1);
  ack(kCt, kC1, 1);
  const auto batch = answer_insert();
  EXPECT_THAT(batch.rows.at(0).dids, ElementsAre(kB1));
  EXPECT_FALSE(batch.rows.at(0).stranger) << "no bounds but those of the queue";
  EXPECT_EQ(receipt(), "5: 1+1 2");
  answer_drain(
      {{.mid = 9, .from_did = kA1, .ref = 5, .from_uid = kAlice, .to_gid = kGid, .envelope = "e", .quiet = true}});
  ack(kBt, kB1, 1);
  const auto removed = expect<worker::RemoveBatch>();
  ASSERT_EQ(removed.keep_receipts.size(), 1u);
  EXPECT_EQ(removed.keep_receipts[0].member, kBob);
  EXPECT_EQ(removed.keep_receipts[0].held_by, kBob);
  EXPECT_EQ(removed.keep_receipts[0].gid, kGid);
}

TEST_F(GroupDelivery, OfAMemberWithoutDevicesGoesToHisMailbox) {
  people["carol"].devices.clear();
  bob_is_here();
  alice_sends(5);
  ack(kBt, kB1, 1);
  EXPECT_THAT(answer_insert().rows[0].dids, ElementsAre(kMailboxC));
  EXPECT_EQ(receipt(), "5: 1+1 3");
}

TEST_F(GroupDelivery, GoesToTheSendersOtherDeviceWhichIsNoMember) {
  people["alice"].devices = {kA1, kA2};
  live(kA2t, kAlice, "alice", kA2);
  bob_is_here();
  carol_is_here();
  alice_sends(5);
  EXPECT_EQ(traffic(kA2t).deliveries_size(), 1);
  EXPECT_EQ(traffic(kAt).deliveries_size(), 0) << "never to the device that wrote it";
  ack(kBt, kB1, 1);
  ack(kCt, kC1, 1);
  EXPECT_EQ(receipt(), "none");
  ack(kA2t, kA2, 1);
  EXPECT_EQ(receipt(), "5: 2+0");
}

TEST_F(GroupDelivery, IsOneDeliveryForEachWorker) {
  add_peer();
  snapshot_of_peer(1, {kB1, kC1, kD1});
  row.members.push_back({kDave, "dave", 1, 0});
  ports->bus.clear();
  alice_sends(5);
  const auto t = bus_traffic(kPeer);
  ASSERT_EQ(t.deliveries_size(), 1);
  EXPECT_THAT(t.deliveries(0).dids(), UnorderedElementsAre(kB1, kC1, kD1));
  BusTrafficWriter w;
  for (const uint64_t did : {kB1, kC1, kD1}) w.ack(t.deliveries(0).pid(), did);
  traffic_of_peer(w);
  EXPECT_EQ(receipt(), "5: 3+0");
}

TEST_F(GroupDelivery, IsForWhoIsInItsEpochAndInTheNewest) {
  change(3, {{kAlice, "alice", 1, 0}, {kBob, "bob", 1, 3}, {kCarol, "carol", 1, 0}, {kDave, "dave", 2, 0}});
  alice_sends(5, 1);
  EXPECT_THAT(answer_insert().rows[0].owners, ElementsAre(kCarol)) << "bob was removed, dave cannot read it";
  EXPECT_EQ(receipt(), "5: 0+1 3");
  alice_sends(6, 2);
  EXPECT_THAT(answer_insert().rows[0].owners, UnorderedElementsAre(kCarol, kDave));
}

TEST_F(GroupDelivery, ReachesWhoWasAwayBetweenItsEpochAndTheNewest) {
  change(5, {{kAlice, "alice", 1, 0}, {kBob, "bob", 1, 3}, {kBob, "bob", 5, 0}});
  alice_sends(5, 2);
  EXPECT_THAT(answer_insert().rows[0].owners, ElementsAre(kBob));
  alice_sends(6, 4);
  EXPECT_EQ(receipt().substr(0, 4), "5: 0");
  EXPECT_EQ(find<worker::InsertBatch>(), nullptr) << "in epoch 4 there is nobody but alice";
}

TEST_F(GroupDelivery, NothingMoreReachesWhoLeft) {
  change(1, {{kAlice, "alice", 1, 0}, {kBob, "bob", 1, 2}, {kCarol, "carol", 1, 0}});
  bob_is_here();
  alice_sends(5);
  EXPECT_EQ(traffic(kBt).deliveries_size(), 0);
  EXPECT_THAT(answer_insert().rows[0].owners, ElementsAre(kCarol));
}

TEST_F(GroupDelivery, InAGroupOfOneIsAcceptedAtOnce) {
  change(1, {{kAlice, "alice", 1, 0}});
  alice_sends(5);
  EXPECT_EQ(receipt(), "5: 0+0");
}

// ---- the cache of the group

TEST_F(GroupDelivery, UsesACachedGroupForTwoSecondsAndThenAsksWhatChanged) {
  alice_sends(5);
  later(1'000'000);
  send_group(6, 1);
  EXPECT_FALSE(asks_for_group());
  later(1'000'000);
  send_group(7, 1);
  ASSERT_TRUE(asks_for_group());
  EXPECT_EQ(find<worker::GroupLookup>()->groups[0].changes, 1u);
  ports->requests.clear();
}

TEST_F(GroupDelivery, GoesToTheSameMembersWhenTheLookUpSaysThatNothingChanged) {
  alice_sends(5);
  answer_insert();
  later(2'000'000);
  alice_sends(6);
  EXPECT_THAT(answer_insert().rows[0].owners, UnorderedElementsAre(kBob, kCarol));
}

TEST_F(GroupDelivery, AsksAgainAtOnceForAnEpochThatItDoesNotHold) {
  alice_sends(5);
  answer_insert();
  later(1);
  change(2, {{kAlice, "alice", 1, 0}, {kDave, "dave", 2, 0}});
  alice_sends(6, 2);
  EXPECT_THAT(answer_insert().rows[0].owners, ElementsAre(kDave));
}

TEST_F(GroupDelivery, OfAnEpochThatDoesNotExistYetIsBusy) {
  alice_sends(5, 2);
  EXPECT_EQ(receipt(), rejected(v1::BUSY));
  EXPECT_EQ(engine->pending(), 0u);
}

TEST_F(GroupDelivery, AsksAgainAfterNewsFromTheBus) {
  alice_sends(5);
  answer_insert();
  change(1, {{kAlice, "alice", 1, 0}, {kBob, "bob", 1, 2}, {kCarol, "carol", 1, 0}});
  told_by_bus(1);
  alice_sends(6);
  EXPECT_THAT(answer_insert().rows[0].owners, ElementsAre(kCarol));
}

TEST_F(GroupDelivery, ALookUpUnderWayDuringNewsIsAskedOnceMore) {
  send_group(5, 1);
  told_by_bus(2);
  answer_group();
  EXPECT_TRUE(asks_for_group()) << "the answer may be from before the change";
  change(2, {{kAlice, "alice", 1, 0}, {kCarol, "carol", 1, 0}});
  answer_group();
  answer_people();
  EXPECT_THAT(answer_insert().rows[0].owners, ElementsAre(kCarol));
}

TEST_F(GroupDelivery, MoreThanEightEpochsBehindIsStale) {
  row.epoch = 9;
  alice_sends(5, 1);
  answer_insert();
  change(10, row.members);
  told_by_bus(10);
  alice_sends(6, 1);
  EXPECT_EQ(receipt(), rejected(v1::STALE_EPOCH));
  alice_sends(7, 2);
  answer_insert();
  EXPECT_EQ(receipt(), "7: 0+2 2 3");
}

TEST_F(GroupDelivery, OfSomebodyElseIsRefused) {
  change(2, {{kBob, "bob", 1, 0}});
  alice_sends(5, 2);
  EXPECT_EQ(receipt(), rejected(v1::UNKNOWN_GROUP));
  change(2, {{kAlice, "alice", 1, 2}, {kBob, "bob", 1, 0}});
  later(1);
  alice_sends(6, 1);
  EXPECT_EQ(receipt(), rejected(v1::NOT_ALLOWED)) << "she was removed";
  row.group_id = Bytes(32, 'x');
  later(2'000'000);
  alice_sends(7, 1);
  EXPECT_EQ(receipt(), rejected(v1::UNKNOWN_GROUP));
}

TEST_F(GroupDelivery, IsNotRefusedFromACachedEntry) {
  change(2, {{kAlice, "alice", 1, 2}, {kBob, "bob", 1, 0}});
  alice_sends(5, 1);
  EXPECT_EQ(receipt(), rejected(v1::NOT_ALLOWED));
  later(1);
  change(3, {{kAlice, "alice", 3, 0}, {kBob, "bob", 1, 0}});
  alice_sends(6, 3);
  answer_insert();
  EXPECT_EQ(receipt(), "6: 0+1 2") << "she is back";
}

TEST_F(GroupDelivery, WithoutADatabaseIsBusyAndNothingStaysBehind) {
  send_group(5, 1);
  answer_group(Code::kBusy);
  EXPECT_EQ(receipt(), rejected(v1::BUSY));
  send_group(6, 1);
  answer_group();
  answer_people(Code::kBusy);
  EXPECT_EQ(receipt(), rejected(v1::BUSY));
  alice_sends(7);
  answer_insert(Code::kBusy);
  EXPECT_EQ(receipt(), rejected(v1::BUSY));
  EXPECT_EQ(engine->pending(), 0u);
  EXPECT_EQ(engine->pending_bytes(), 0u);
}

TEST_F(GroupDelivery, LooksAllMembersUpAtOnceAndWaitsForTheLastOfThem) {
  send_group(5, 1);
  answer_group();
  const auto asked = expect<worker::Lookup>();
  EXPECT_THAT(asked.names, UnorderedElementsAre("alice", "bob", "carol"));
  worker::LookedUp part{asked.asked_at, Code::kOk, {"bob", "alice"}, {people["bob"], people["alice"]}};
  engine->on_store_reply(now, std::move(part));
  turn();
  EXPECT_EQ(find<worker::InsertBatch>(), nullptr);
  engine->on_store_reply(now, worker::LookedUp{asked.asked_at, Code::kOk, {"carol"}, {people["carol"]}});
  turn();
  EXPECT_EQ(answer_insert().rows[0].dids.size(), 2u);
}

// ---- full queues, devices that appear, receipts

TEST_F(GroupDelivery, AFullMemberHoldsUpNobodyAndIsInNeitherCount) {
  bob_is_here();
  alice_sends(5);
  ack(kBt, kB1, 1);
  answer_insert(Code::kRecipientFull);
  EXPECT_EQ(receipt(), "5: 1+0");
}

TEST_F(GroupDelivery, ThatNobodyCouldTakeIsRejectedAsFull) {
  alice_sends(5);
  answer_insert(Code::kRecipientFull);
  EXPECT_EQ(receipt(), rejected(v1::RECIPIENT_FULL));
}

TEST_F(GroupDelivery, InHandWhenADeviceOfAMemberAppearsIsQueuedForItBeforeTheReceipt) {
  bob_is_here();
  carol_is_here();
  alice_sends(5);
  v1::BrokerFrame f;
  f.mutable_invalidate()->set_id(9);
  f.mutable_invalidate()->set_uid(kCarol);
  f.mutable_invalidate()->set_did(kC1 + 1);
  from_broker(f);
  f.mutable_invalidate()->set_uid(kDave);
  f.mutable_invalidate()->set_did(kD1 + 1);
  from_broker(f);
  turn();
  ack(kBt, kB1, 1);
  ack(kCt, kC1, 1);
  EXPECT_EQ(receipt(), "none");
  EXPECT_THAT(answer_insert().rows[0].dids, ElementsAre(kC1 + 1)) << "dave is no member";
  EXPECT_EQ(receipt(), "5: 2+0");
}

TEST_F(GroupDelivery, OfAQueuedRowStoresAReceiptWithTheMemberAlsoWhenItsSenderIsHere) {
  grant(kBob, "bob", kB1);
  attach(kBt, kB1);
  const worker::QueuedMessage theirs{.mid = 9, .from_did = kA1, .ref = 5, .from_uid = kAlice, .to_gid = kGid};
  const worker::QueuedMessage own{.mid = 10, .from_did = 999, .ref = 6, .from_uid = kBob, .to_gid = kGid};
  answer_drain({theirs, own});
  ack(kBt, kB1, 2);
  auto removed = expect<worker::RemoveBatch>();
  EXPECT_EQ(removed.rows.size(), 2u);
  ASSERT_EQ(removed.keep_receipts.size(), 1u) << "bob's copy of what he sent elsewhere is no delivery";
  EXPECT_EQ(removed.keep_receipts[0].did, kA1);
  EXPECT_EQ(removed.keep_receipts[0].ref, 5u);
  EXPECT_EQ(removed.keep_receipts[0].member, kBob);
  engine->on_store_reply(now, worker::RemoveDone{Code::kOk, removed});
  turn();
  worker::Drain drain = expect<worker::Drain>();
  EXPECT_TRUE(drain.receipts) << "her worker reads it at once";
  engine->on_store_reply(now, worker::Drained{drain.session, Code::kOk, {}, false, {{77, 5, kBob}}});
  turn();
  const auto t = traffic(kAt);
  ASSERT_EQ(t.stored_size(), 1);
  EXPECT_EQ(t.stored(0).member(), kBob);
  EXPECT_EQ(t.stored(0).ref(), 5u);
}

TEST_F(GroupDelivery, WhoseSenderWentToAnotherWorkerSendsNoPlainReceipt) {
  bob_is_here();
  carol_is_here();
  add_peer();
  alice_sends(5);
  engine->on_client_gone(now, kAt);
  snapshot_of_peer(3, {kA1});
  ports->bus.clear();
  ack(kBt, kB1, 1);
  ack(kCt, kC1, 1);
  EXPECT_EQ(bus_traffic(kPeer).receipts_size(), 0) << "it asks";
  EXPECT_EQ(engine->pending(), 0u);
}

TEST_F(GroupDelivery, AnswersAQueryWithTheMembersThatWait) {
  v1::ClientFrame f;
  f.set_request(8);
  for (const uint64_t ref : {1, 2}) {
    auto* o = f.mutable_query()->add_open();
    o->set_ref(ref);
    o->set_stream(Bytes(16, 's'));
    o->set_seq(ref);
  }
  engine->on_client_frame(now, kAt, user_id(kA1), f.SerializeAsString());
  turn();
  const auto asked = expect<worker::QueryOpen>();
  EXPECT_EQ(asked.from_did, kA1);
  engine->on_store_reply(now,
                         worker::Queried{asked.session, 8, Code::kOk, {1, 2}, {}, {}, {{1, kBob}, {2, kBob}, {2, 3}}});
  turn();
  const auto got = received(kAt);
  ASSERT_EQ(got.size(), 1u);
  ASSERT_EQ(got[0].query().status_size(), 2);
  EXPECT_EQ(got[0].query().status(1).queued_members(), 2u);
  EXPECT_THAT(got[0].query().status(1).waiting(), ElementsAre(kBob, 3u));
}

TEST_F(GroupDelivery, OfAThousandMembersIsFannedOutAndCountedExactly) {
  row.members = {{kAlice, "alice", 1, 0}};
  for (uint64_t i = 0; i < 999; ++i) {
    const std::string name = "u" + std::to_string(i);
    people[name] = {name, 1000 + i, "", 500'000 + i, {20'000 - i}};
    row.members.push_back({1000 + i, name, 1, 0});
  }
  add_peer();
  std::vector<uint64_t> there;
  for (uint64_t i = 0; i < 600; ++i) there.push_back(20'000 - i);
  snapshot_of_peer(1, there);
  ports->bus.clear();
  alice_sends(5);
  const auto t = bus_traffic(kPeer);
  ASSERT_EQ(t.deliveries_size(), 1);
  EXPECT_EQ(t.deliveries(0).dids_size(), 600);
  BusTrafficWriter w;
  for (const uint64_t did : there) w.ack(t.deliveries(0).pid(), did);
  traffic_of_peer(w);
  EXPECT_EQ(answer_insert().rows[0].dids.size(), 399u);
  EXPECT_EQ(receipt().substr(0, 10), "5: 600+399");
}

}  // namespace
}  // namespace fastchat::test
