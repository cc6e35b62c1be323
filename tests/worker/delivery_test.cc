// The delivery rules (PROTOCOL.md section 4, docs/reliability.md), one by one.
#include "tests/worker/engine_fixture.h"

namespace fastchat::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Delivery : public WorkerEngineTest {
 protected:
  static constexpr uint64_t kAt = 1, kBt = 2;  // routing ids
  Delivery() { live(kAt, kAlice, "alice", kA1); }
  void bob_is_here() { live(kBt, kBob, "bob", kB1); }
  void alice_sends(uint64_t ref, std::vector<uint64_t> bobs = {kB1}) {
    send(kAt, kA1, ref, "bob");
    answer_lookup(std::move(bobs));
  }
};

TEST_F(Delivery, ToALiveSessionTouchesNoDatabaseAndIsDeliveredWhenAcknowledged) {
  bob_is_here();
  alice_sends(5);
  const auto got = traffic(kBt);
  ASSERT_EQ(got.deliveries_size(), 1);
  EXPECT_EQ(got.deliveries(0).tag(), 1u);
  EXPECT_EQ(got.deliveries(0).envelope(), "sealed");
  EXPECT_THAT(traffic(kAt).delivered(), IsEmpty());
  ack(kBt, kB1, 1);
  EXPECT_THAT(traffic(kAt).delivered(), ElementsAre(5u));
  EXPECT_EQ(find<worker::InsertBatch>(), nullptr);
  EXPECT_EQ(engine->pending(), 0u);
}

TEST_F(Delivery, ToSomebodyAwayIsQueuedOnlyAfterTheCommit) {
  alice_sends(5);
  EXPECT_THAT(traffic(kAt).queued(), IsEmpty());
  const auto batch = answer_insert();
  ASSERT_EQ(batch.rows.size(), 1u);
  EXPECT_THAT(batch.rows[0].dids, ElementsAre(kB1));
  EXPECT_EQ(batch.rows[0].to_uid, kBob);
  EXPECT_THAT(traffic(kAt).queued(), ElementsAre(5u));
  EXPECT_THAT(bus_traffic(0).wakes(), ElementsAre(kB1));
}

TEST_F(Delivery, WaitsForEveryDeviceBeforeTheReceipt) {
  bob_is_here();
  alice_sends(5, {kB1, kB2});
  ack(kBt, kB1, 1);
  EXPECT_THAT(traffic(kAt).delivered(), IsEmpty()) << "the second device is not safe yet";
  answer_insert();
  EXPECT_THAT(traffic(kAt).delivered(), ElementsAre(5u));
}

TEST_F(Delivery, InHandWhenADeviceAppearsIsQueuedForItBeforeTheReceipt) {
  bob_is_here();
  alice_sends(5);
  v1::BrokerFrame f;
  f.mutable_invalidate()->set_id(9);
  f.mutable_invalidate()->set_uid(kBob);
  f.mutable_invalidate()->set_did(kB2);
  from_broker(f);
  turn();
  ack(kBt, kB1, 1);
  EXPECT_THAT(traffic(kAt).delivered(), IsEmpty()) << "the new device is not safe yet";
  EXPECT_THAT(answer_insert().rows[0].dids, ElementsAre(kB2));
  EXPECT_THAT(traffic(kAt).delivered(), ElementsAre(5u));
}

TEST_F(Delivery, GoesToTheMailboxOfAUserWithoutDevices) {
  alice_sends(5, {});
  EXPECT_THAT(answer_insert().rows[0].dids, ElementsAre(kMailboxB));
  EXPECT_THAT(traffic(kAt).queued(), ElementsAre(5u));
}

TEST_F(Delivery, ToAUserWhoDeletedTheAccountMeanwhileIsRejected) {
  alice_sends(5);
  answer_insert(Code::kUnknownUser);
  EXPECT_EQ(traffic(kAt).rejected(0).code(), v1::UNKNOWN_USER);
  EXPECT_EQ(engine->pending(), 0u);
}

TEST_F(Delivery, OfANoteToOneselfIsDeliveredAtOnce) {
  send(kAt, kA1, 5, "alice");
  answer_lookup();
  EXPECT_THAT(traffic(kAt).delivered(), ElementsAre(5u));
}

TEST_F(Delivery, ToAnUnknownUserIsRejectedAndAskedAgainNextTime) {
  send(kAt, kA1, 5, "nobody");
  answer_lookup();
  const auto got = traffic(kAt);
  ASSERT_EQ(got.rejected_size(), 1);
  EXPECT_EQ(got.rejected(0).code(), v1::UNKNOWN_USER);
  later(1000);
  send(kAt, kA1, 6, "nobody");
  EXPECT_NE(find<worker::Lookup>(), nullptr);
}

TEST_F(Delivery, WithoutADatabaseIsBusyAndNothingStaysBehind) {
  alice_sends(5);
  answer_insert(Code::kBusy);
  const auto got = traffic(kAt);
  ASSERT_EQ(got.rejected_size(), 1);
  EXPECT_EQ(got.rejected(0).code(), v1::BUSY);
  EXPECT_EQ(engine->pending(), 0u);
}

TEST_F(Delivery, ToAFullDeviceIsRejectedButAnotherDeviceOfTheUserIsEnough) {
  alice_sends(5);
  answer_insert(Code::kRecipientFull);
  EXPECT_EQ(traffic(kAt).rejected(0).code(), v1::RECIPIENT_FULL);
  bob_is_here();
  engine->on_broker_frame(now, 0, [] {
    v1::BrokerFrame f;
    f.mutable_invalidate()->set_uid(kBob);
    return f.SerializeAsString();
  }());
  alice_sends(6, {kB1, kB2});
  ack(kBt, kB1, 1);
  answer_insert(Code::kRecipientFull);
  EXPECT_THAT(traffic(kAt).delivered(), ElementsAre(6u));
}

TEST_F(Delivery, WhoseIdentityIsAnotherMessagesIsRejectedThoughADeviceHasIt) {
  bob_is_here();
  alice_sends(5, {kB1, kB2});
  ack(kBt, kB1, 1);
  answer_insert(Code::kConflict);
  const auto got = traffic(kAt);
  ASSERT_EQ(got.rejected_size(), 1);
  EXPECT_EQ(got.rejected(0).code(), v1::CONFLICT);
  EXPECT_EQ(got.rejected(0).retry_after_ms(), 0u);
  EXPECT_THAT(got.delivered(), IsEmpty());
  EXPECT_EQ(engine->counters().conflicts, 1u);
  EXPECT_EQ(engine->pending(), 0u);
}

TEST_F(Delivery, OfASenderWithAFullShareSaysSoInTheWordsOfItsVersion) {
  alice_sends(5);
  answer_insert(Code::kShareFull);
  EXPECT_EQ(traffic(kAt).rejected(0).code(), v1::RECIPIENT_FULL) << "version 1 knows no shares";
  grant(kBob, "bob", kB1);
  attach(kBt, kB1, 1, 2);
  send(kBt, kB1, 6, "alice");
  answer_lookup();
  engine->on_client_gone(now, kAt);
  turn();
  answer_insert(Code::kShareFull);
  EXPECT_EQ(traffic(kBt).rejected(0).code(), v1::SHARE_FULL);
  EXPECT_EQ(engine->counters().shares_full, 2u);
}

TEST_F(Delivery, ThatIsNotAcknowledgedInTwoSecondsGoesToTheQueue) {
  bob_is_here();
  alice_sends(5);
  later(1'999'000);
  EXPECT_EQ(find<worker::InsertBatch>(), nullptr);
  later(2'000);
  answer_insert();
  EXPECT_THAT(traffic(kAt).queued(), ElementsAre(5u));
}

TEST_F(Delivery, GoesToTheQueueAtOnceWhenTheSessionEnds) {
  bob_is_here();
  alice_sends(5);
  engine->on_client_gone(now, kBt);
  turn();
  EXPECT_THAT(answer_insert().rows[0].dids, ElementsAre(kB1));
}

TEST_F(Delivery, ToADrainingSessionIsQueuedSoThatOldMessagesComeFirst) {
  grant(kBob, "bob", kB1);
  attach(kBt, kB1);
  alice_sends(5);
  EXPECT_THAT(traffic(kBt).deliveries(), IsEmpty());
  answer_insert();
  answer_drain({});  // the first select of the session
  EXPECT_NE(find<worker::Drain>(), nullptr) << "what was queued meanwhile is asked for";
  answer_drain({{.mid = 9, .from_did = kA1, .ref = 5, .to_uid = kBob, .envelope = "sealed"}});
  EXPECT_EQ(traffic(kBt).deliveries_size(), 1);
}

TEST_F(Delivery, OfAQueuedRowRemovesItOnAcknowledgementAndTellsTheSender) {
  grant(kBob, "bob", kB1);
  attach(kBt, kB1);
  answer_drain({{.mid = 9, .from_did = kA1, .ref = 5, .to_uid = kBob, .envelope = "sealed"}});
  EXPECT_EQ(find<worker::RemoveBatch>(), nullptr);
  ack(kBt, kB1, 1);
  const auto removed = expect<worker::RemoveBatch>();
  ASSERT_EQ(removed.rows.size(), 1u);
  EXPECT_EQ(removed.rows[0].mid, 9u);
  EXPECT_TRUE(removed.keep_receipts.empty());
  ASSERT_EQ(removed.tell.size(), 1u);
  EXPECT_EQ(removed.tell[0].epoch, 1u) << "whoever logged in since is not at this session";
  EXPECT_EQ(traffic(kAt).delivered_size(), 0) << "not before the row is gone";
  engine->on_store_reply(now, worker::RemoveDone{Code::kOk, removed});
  turn();
  EXPECT_THAT(traffic(kAt).delivered(), ElementsAre(5u));
}

TEST_F(Delivery, OfAQueuedRowKeepsTheReceiptForASenderWhoIsAway) {
  grant(kBob, "bob", kB1);
  attach(kBt, kB1);
  answer_drain({{.mid = 9, .from_did = 999, .ref = 5, .to_uid = kBob, .envelope = "sealed"},
                {.mid = 10, .from_did = 998, .ref = 6, .to_uid = kAlice, .envelope = "own copy"}});
  ack(kBt, kB1, 2);
  const auto removed = expect<worker::RemoveBatch>();
  EXPECT_EQ(removed.rows.size(), 2u);
  ASSERT_EQ(removed.keep_receipts.size(), 1u) << "a copy for another device of the sender is no delivery";
  EXPECT_EQ(removed.keep_receipts[0].did, 999u);
}

TEST_F(Delivery, DoesNotSendARowTwiceWhileItIsOnItsWay) {
  grant(kBob, "bob", kB1);
  attach(kBt, kB1);
  const worker::QueuedMessage row{.mid = 9, .from_did = kA1, .ref = 5, .to_uid = kBob, .envelope = "sealed"};
  answer_drain({row}, true);
  EXPECT_THAT(find<worker::Drain>()->held, ElementsAre(9u));
  answer_drain({row});
  EXPECT_EQ(traffic(kBt).deliveries_size(), 1);
}

TEST_F(Delivery, ToASlowConsumerSpillsToTheQueueAndDrainsWhenItCaughtUp) {
  bob_is_here();
  send(kAt, kA1, 1, "bob");
  answer_lookup();
  for (uint64_t ref = 2; ref <= 1024; ++ref) send(kAt, kA1, ref, "bob");
  EXPECT_EQ(find<worker::InsertBatch>(), nullptr);
  send(kAt, kA1, 1025, "bob");
  EXPECT_EQ(answer_insert().rows.size(), 1u);
  EXPECT_EQ(find<worker::Drain>(), nullptr) << "not while it is slow";
  ack(kBt, kB1, 1024);
  EXPECT_NE(find<worker::Drain>(), nullptr);
}

TEST_F(Delivery, ToASocketThatTakesNothingWaitsInOrder) {
  bob_is_here();
  ports->full.insert(kBt);
  alice_sends(5);
  send(kAt, kA1, 6, "bob");
  EXPECT_EQ(answer_insert().rows[0].ref, 6u) << "the session is slow now";
  ports->full.clear();
  later(10'000);
  EXPECT_EQ(traffic(kBt).deliveries_size(), 1);
  EXPECT_NE(find<worker::Drain>(), nullptr);
  answer_drain({});
  EXPECT_THAT(received(kBt), IsEmpty()) << "drained is said once: it could make the session slow again, for ever";
}

TEST_F(Delivery, OfAnEnvelopeOverTheLimitIsRejectedAndTheSessionLives) {
  send(kAt, kA1, 5, "bob", Bytes(wire::kMaxEnvelope + 1, 'x'));
  EXPECT_EQ(traffic(kAt).rejected(0).code(), v1::TOO_LARGE);
  send(kAt, kA1, 6, "bob");
  EXPECT_NE(find<worker::Lookup>(), nullptr);
}

TEST_F(Delivery, AfterOversleepingEverythingWaitingIsQueuedAndSessionsAreGone) {
  bob_is_here();
  alice_sends(5);
  now += 11'000'000;
  engine->on_overslept(now);
  turn();
  EXPECT_EQ(engine->sessions(), 0u);
  EXPECT_THAT(answer_insert().rows[0].dids, ElementsAre(kB1));
}

TEST_F(Delivery, OnShutdownTellsTheClientsAndQueuesWhatIsInHand) {
  bob_is_here();
  alice_sends(5);
  engine->begin_drain(now);
  turn();
  EXPECT_THAT(errors(kAt), ElementsAre(v1::SHUTTING_DOWN));
  later(5'000'001);
  EXPECT_FALSE(engine->drained());
  answer_insert();
  EXPECT_TRUE(engine->drained());
}

// ---- across workers

class CrossDelivery : public Delivery {
 protected:
  CrossDelivery() {
    add_peer();
    snapshot_of_peer(3, {kB1});
    ports->bus.clear();
  }
  uint64_t sent_pid() {
    const auto t = bus_traffic(kPeer);
    return t.deliveries_size() == 1 ? t.deliveries(0).pid() : 0;
  }
};

TEST_F(CrossDelivery, GoesOverTheBusAndIsDeliveredWhenThePeerSaysSo) {
  alice_sends(5);
  const uint64_t pid = sent_pid();
  ASSERT_NE(pid, 0u);
  BusTrafficWriter w;
  w.ack(pid, kB1);
  traffic_of_peer(w);
  EXPECT_THAT(traffic(kAt).delivered(), ElementsAre(5u));
  EXPECT_EQ(find<worker::InsertBatch>(), nullptr);
}

TEST_F(CrossDelivery, IsQueuedOnANack) {
  alice_sends(5);
  BusTrafficWriter w;
  w.nack(sent_pid(), kB1);
  traffic_of_peer(w);
  EXPECT_EQ(answer_insert().rows.size(), 1u);
}

TEST_F(CrossDelivery, IsQueuedWhenThePeerFallsSilent) {
  alice_sends(5);
  later(2'600'000);
  answer_insert();
  EXPECT_THAT(traffic(kAt).queued(), ElementsAre(5u));
  send(kAt, kA1, 6, "bob");
  EXPECT_EQ(answer_insert().rows.size(), 1u) << "a silent peer is not asked";
}

TEST_F(CrossDelivery, OfADeviceNotHeldIsAnsweredWithNackAtOnce) {
  BusTrafficWriter w;
  const uint64_t did = 777;
  w.delivery(42, &did, 1, "sealed");
  traffic_of_peer(w);
  const auto t = bus_traffic(kPeer);
  ASSERT_EQ(t.nacks_size(), 1);
  EXPECT_EQ(t.nacks(0).pid(), 42u);
  EXPECT_EQ(t.nacks(0).did(), 777u);
}

TEST_F(CrossDelivery, ForAPeerIsAcknowledgedOnlyAfterTheClientDid) {
  bob_is_here();
  ports->bus.clear();
  BusTrafficWriter w;
  const uint64_t did = kB1;
  w.delivery(42, &did, 1, "sealed");
  traffic_of_peer(w);
  EXPECT_EQ(bus_traffic(kPeer).acks_size(), 0);
  ack(kBt, kB1, 1);
  ASSERT_EQ(bus_traffic(kPeer).acks_size(), 1);
  EXPECT_EQ(bus_traffic(kPeer).acks(0).pid(), 42u);
}

TEST_F(CrossDelivery, AGapInPresenceAsksForASnapshot) {
  v1::BusFrame f;
  f.mutable_presence()->set_number(5);
  f.mutable_presence()->add_downs(kB1);
  now += 600'000;
  from_peer(f);
  bool asked = false;
  for (const auto& frame : ports->bus) {
    v1::BusFrame sent;
    asked |= get_u64(frame.data()) == kPeer && sent.ParseFromString(frame.substr(8)) && sent.has_snapshot_request();
  }
  EXPECT_TRUE(asked);
}

TEST_F(CrossDelivery, AWakeReadsTheQueueOfASessionHeldHere) {
  bob_is_here();
  BusTrafficWriter w;
  w.wake(kB1);
  traffic_of_peer(w);
  EXPECT_NE(find<worker::Drain>(), nullptr);
}

}  // namespace
}  // namespace fastchat::test
