// Sessions at a worker: the grant and the end of a session (PROTOCOL.md sections 2 and 4), and the requests of brokers.
#include "tests/worker/engine_fixture.h"

namespace fastchat::test {
namespace {

using testing::Contains;
using testing::ElementsAre;

class WorkerSession : public WorkerEngineTest {
 protected:
  static constexpr uint64_t kRid = 1;
};

TEST_F(WorkerSession, AKeyIsAdmittedOnlyAfterItsGrantAndForThirtySeconds) {
  EXPECT_FALSE(engine->admits(now, user_id(kA1)));
  grant(kAlice, "alice", kA1);
  EXPECT_TRUE(engine->admits(now, user_id(kA1)));
  EXPECT_FALSE(engine->admits(now + 30'000'000, user_id(kA1)));
}

TEST_F(WorkerSession, AGrantIsAcknowledgedToTheBroker) {
  ports->broker.clear();
  grant(kAlice, "alice", kA1);
  v1::WorkerFrame f;
  ASSERT_EQ(ports->broker.size(), 1u);
  ASSERT_TRUE(f.ParseFromString(ports->broker[0]));
  EXPECT_EQ(f.granted().grant_id(), 7u);
}

TEST_F(WorkerSession, AttachNeedsTheGrantedKeyDeviceAndEpoch) {
  attach(kRid, kA1);
  EXPECT_THAT(errors(kRid), ElementsAre(v1::NOT_LOGGED_IN));
  grant(kAlice, "alice", kA1, 4);
  attach(kRid, kA1, 3);
  EXPECT_THAT(errors(kRid), ElementsAre(v1::NOT_LOGGED_IN));
  EXPECT_EQ(engine->sessions(), 0u);
  EXPECT_THAT(ports->closed, Contains(kRid));
}

TEST_F(WorkerSession, AGrantIsGoodForOneAttach) {
  grant(kAlice, "alice", kA1);
  attach(kRid, kA1);
  EXPECT_EQ(engine->sessions(), 1u);
  engine->on_client_gone(now, kRid);
  attach(2, kA1);
  EXPECT_THAT(errors(2), ElementsAre(v1::NOT_LOGGED_IN));
}

TEST_F(WorkerSession, AFrameUnderAnotherKeyThanTheSessionsIsIgnored) {
  live(kRid, kAlice, "alice", kA1);
  UpstreamWriter w;
  w.send(1, {.user = "bob"}, Bytes(16, 's'), 1, "x");
  engine->on_client_frame(now, kRid, user_id(kB1), w.take());
  turn();
  EXPECT_EQ(engine->counters().sends, 0u);
  EXPECT_EQ(engine->counters().refused, 1u);
}

TEST_F(WorkerSession, TrafficBeforeAttachIsRefusedAndTheConnectionEnded) {
  UpstreamWriter w;
  w.ack_upto(1);
  engine->on_client_frame(now, kRid, "somebody", w.take());
  EXPECT_THAT(errors(kRid), ElementsAre(v1::NOT_LOGGED_IN));
  EXPECT_THAT(ports->closed, ElementsAre(kRid));
}

TEST_F(WorkerSession, GarbageEndsTheSessionWithMalformed) {
  live(kRid, kAlice, "alice", kA1);
  engine->on_client_frame(now, kRid, user_id(kA1), "\xff\xff\xff");
  EXPECT_THAT(errors(kRid), ElementsAre(v1::MALFORMED));
  EXPECT_EQ(engine->sessions(), 0u);
  EXPECT_THAT(ports->closed, ElementsAre(kRid));
}

TEST_F(WorkerSession, ANewerLoginOfTheDeviceHereSupersedesTheOld) {
  live(kRid, kAlice, "alice", kA1, 1);
  grant(kAlice, "alice", kA1, 2);
  EXPECT_THAT(errors(kRid), ElementsAre(v1::SUPERSEDED));
  attach(2, kA1, 2);
  EXPECT_EQ(engine->sessions(), 1u);
}

TEST_F(WorkerSession, ANewerLoginElsewhereSupersedesThroughTheBroker) {
  live(kRid, kAlice, "alice", kA1, 1);
  v1::BrokerFrame f;
  f.mutable_invalidate()->set_id(9);
  f.mutable_invalidate()->set_uid(kAlice);
  f.mutable_invalidate()->set_did(kA1);
  f.mutable_invalidate()->set_session_epoch(2);
  ports->broker.clear();
  from_broker(f);
  EXPECT_THAT(errors(kRid), ElementsAre(v1::SUPERSEDED));
  v1::WorkerFrame answer;
  ASSERT_EQ(ports->broker.size(), 1u);
  ASSERT_TRUE(answer.ParseFromString(ports->broker[0]));
  EXPECT_EQ(answer.invalidated().id(), 9u);
}

TEST_F(WorkerSession, IsEndedAfterFortyFiveSecondsOfSilence) {
  live(kRid, kAlice, "alice", kA1);
  for (int i = 0; i < 9; ++i) later(5'000'000);
  EXPECT_EQ(engine->sessions(), 1u);
  later(5'000'001);
  EXPECT_EQ(engine->sessions(), 0u);
}

TEST_F(WorkerSession, IsLiveOnlyWhenTheQueueWasFoundEmpty) {
  grant(kAlice, "alice", kA1);
  attach(kRid, kA1);
  const auto first = received(kRid);
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0].attached().worker(), "w1");
  answer_drain({});
  const auto second = received(kRid);
  ASSERT_EQ(second.size(), 1u);
  EXPECT_TRUE(second[0].has_drained());
}

TEST_F(WorkerSession, WithoutADatabaseStaysDrainingAndAsksAgain) {
  grant(kAlice, "alice", kA1);
  attach(kRid, kA1);
  const auto d = expect<worker::Drain>();
  engine->on_store_reply(now, worker::Drained{d.session, Code::kBusy, {}, false, {}});
  turn();
  EXPECT_EQ(find<worker::Drain>(), nullptr);
  later(1'500'000);
  EXPECT_NE(find<worker::Drain>(), nullptr);
}

// Other users get their turn, however many devices a user has and however full their queues are.
TEST_F(WorkerSession, AUserHasSoManyQueuedMessagesASecondOnAllDevicesTogether) {
  constexpr uint64_t kSecond = 102;
  constexpr int64_t kPages = 3, kRows = 50;
  worker::EngineConfig config;
  config.drain_burst = kPages * kRows;
  config.drain_every = 20'000;  // one second for kRows
  config.max_unacked = 10 * kRows;
  restart(config);
  uint64_t mid = 0;
  const auto page = [&](uint64_t did) {
    const auto d = expect<worker::Drain>();
    EXPECT_EQ(d.did, did);
    worker::Drained reply{d.session, Code::kOk, {}, true, {}};
    for (int64_t i = 0; i < kRows; ++i) {
      worker::QueuedMessage row;
      row.mid = ++mid;
      row.from_did = kB1;
      row.to_uid = kAlice;
      row.from_uid = kBob;
      reply.rows.push_back(std::move(row));
    }
    engine->on_store_reply(now, std::move(reply));
    turn();
  };
  grant(kAlice, "alice", kA1);
  attach(kRid, kA1);
  for (int64_t i = 1; i < kPages; ++i) page(kA1);
  grant(kAlice, "alice", kSecond);
  attach(kRid + 1, kSecond);
  page(kA1);
  page(kSecond);  // of an earlier request
  EXPECT_EQ(find<worker::Drain>(), nullptr);
  live(kRid + 2, kBob, "bob", kB1);  // bob waits for nobody
  later(500'000);
  EXPECT_EQ(find<worker::Drain>(), nullptr);
  later(2'000'000);
  EXPECT_EQ(count<worker::Drain>(), 2u) << "each device goes on";
}

// ---- the directory's trust

TEST_F(WorkerSession, AKnownUserIsNotLookedUpAgainWhileEveryBrokerIsInContact) {
  live(kRid, kAlice, "alice", kA1);
  send(kRid, kA1, 1, "bob");
  answer_lookup();
  send(kRid, kA1, 2, "bob");
  EXPECT_EQ(find<worker::Lookup>(), nullptr);
}

TEST_F(WorkerSession, AnInvalidatedUserIsLookedUpAgain) {
  live(kRid, kAlice, "alice", kA1);
  send(kRid, kA1, 1, "bob");
  answer_lookup();
  v1::BrokerFrame f;
  f.mutable_invalidate()->set_uid(kBob);
  from_broker(f);
  send(kRid, kA1, 2, "bob");
  EXPECT_NE(find<worker::Lookup>(), nullptr);
}

TEST_F(WorkerSession, ALookUpUnderWayDuringAnInvalidateIsAskedOnceMore) {
  live(kRid, kAlice, "alice", kA1);
  send(kRid, kA1, 1, "bob");
  const auto asked = expect<worker::Lookup>();
  v1::BrokerFrame f;
  f.mutable_invalidate()->set_uid(kBob);
  from_broker(f);
  engine->on_store_reply(
      now, worker::LookedUp{asked.asked_at, Code::kOk, asked.names, {{"bob", kBob, "k", kMailboxB, {kB1}}}});
  turn();
  EXPECT_NE(find<worker::Lookup>(), nullptr);
  EXPECT_EQ(find<worker::InsertBatch>(), nullptr);
}

TEST_F(WorkerSession, WithoutABrokerEveryMessageLooksItsUsersUpAnew) {
  live(kRid, kAlice, "alice", kA1);
  send(kRid, kA1, 1, "bob");
  answer_lookup();
  now += 3'000'000;
  turn();
  send(kRid, kA1, 2, "bob");
  EXPECT_NE(find<worker::Lookup>(), nullptr);
}

// ---- requests

TEST_F(WorkerSession, AnswersForOpenMessagesFromItsHandsAndTheQueue) {
  live(kRid, kAlice, "alice", kA1);
  send(kRid, kA1, 1, "bob");
  v1::ClientFrame f;
  f.set_request(8);
  for (const uint64_t ref : {1, 2}) {
    auto* o = f.mutable_query()->add_open();
    o->set_ref(ref);
    o->set_seq(ref);
    o->set_stream(Bytes(16, 's'));
  }
  engine->on_client_frame(now, kRid, user_id(kA1), f.SerializeAsString());
  auto q = expect<worker::QueryOpen>();
  EXPECT_THAT(q.pending_refs, ElementsAre(1u));
  ASSERT_EQ(q.items.size(), 1u);
  EXPECT_EQ(q.items[0].ref, 2u);
  engine->on_store_reply(now, worker::Queried{q.session, q.request, Code::kOk, {}, {2}, {1}});
  const auto got = received(kRid);
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].request(), 8u);
  EXPECT_EQ(got[0].query().status_size(), 2);
}

TEST_F(WorkerSession, AQuestionAboutWhatIsDeliveredBringsTheReceiptFirst) {
  live(kRid, kAlice, "alice", kA1);
  v1::ClientFrame f;
  f.set_request(8);
  auto* o = f.mutable_query()->add_open();
  o->set_ref(5);
  o->set_seq(5);
  o->set_stream(Bytes(16, 's'));
  engine->on_client_frame(now, kRid, user_id(kA1), f.SerializeAsString());
  const auto q = expect<worker::QueryOpen>();
  engine->on_store_reply(now, worker::Queried{q.session, q.request, Code::kOk, {}, {}, {}, {}, {5}});
  turn();
  const auto got = received(kRid);
  ASSERT_EQ(got.size(), 2u);
  EXPECT_THAT(got[0].traffic().delivered(), ElementsAre(5u));
  ASSERT_EQ(got[1].query().status_size(), 1);
  EXPECT_EQ(got[1].query().status(0).state(), v1::PENDING) << "its receipt is here already";
}

TEST_F(WorkerSession, ARemovedDeviceLosesItsSession) {
  live(kRid, kAlice, "alice", kA1);
  engine->on_store_reply(now, worker::DeviceGone{0, 0, kAlice, kA1, Code::kOk});
  EXPECT_TRUE(errors(kRid).empty()) << "no other login took its place: a broker says what happened";
  EXPECT_EQ(engine->sessions(), 0u);
  EXPECT_THAT(ports->closed, ElementsAre(kRid));
}

}  // namespace
}  // namespace fastchat::test
