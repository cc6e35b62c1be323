// One account must not hurt another: the bounds on the use of a worker by a session, and the errors at these bounds.
#include "tests/worker/engine_fixture.h"
#include "worker/core/store_queue.h"

namespace fastchat::test {
namespace {

using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;
using namespace worker;

class WorkerBounds : public WorkerEngineTest {
 protected:
  static constexpr uint64_t kRidA = 1, kRidB = 2;
  WorkerBounds() {
    live(kRidA, kAlice, "alice", kA1);
    live(kRidB, kBob, "bob", kB1);
    ports->requests.clear();
  }
  static v1::ClientFrame users(int first, int n) {
    v1::ClientFrame f;
    for (int i = 0; i < n; ++i) f.mutable_get_users()->add_names("nobody-" + std::to_string(first + i));
    return f;
  }
  static v1::ClientFrame users(const std::string& name) {
    v1::ClientFrame f;
    f.mutable_get_users()->add_names(name);
    return f;
  }
  static v1::ClientFrame devices() {
    v1::ClientFrame f;
    f.mutable_get_devices();
    return f;
  }
  static v1::ClientFrame vault() {
    v1::ClientFrame f;
    f.mutable_get_vault();
    return f;
  }
  // Answers the lookup: no user has any of the names.
  Lookup answer_absent() {
    const auto r = expect<Lookup>();
    engine->on_store_reply(now, LookedUp{r.asked_at, Code::kOk, r.names, {}});
    turn();
    return r;
  }
};

TEST_F(WorkerBounds, ASessionHasThirtyTwoRequestsOpenAndIsToldToWait) {
  for (uint64_t i = 1; i <= 100; ++i) ask(kRidA, kA1, 10 + i, devices());
  turn();
  const auto told = received(kRidA);
  ASSERT_EQ(told.size(), 68u);
  for (const auto& f : told) {
    EXPECT_EQ(f.error().code(), v1::BUSY);
    EXPECT_GT(f.error().retry_after_ms(), 0u);
    EXPECT_GT(f.request(), 10u + 32);
  }
  EXPECT_EQ(engine->counters().requests_busy, 68u);
  // Each of the other requests is answered once, a few at a time at the store.
  size_t answers = 0;
  while (count<ListDevices>() > 0) {
    EXPECT_LE(count<ListDevices>(), 4u);
    const auto r = take<ListDevices>();
    engine->on_store_reply(now, DeviceList{r.session, r.request, Code::kOk, {}});
    turn();
    ++answers;
  }
  EXPECT_EQ(answers, 32u);
  EXPECT_EQ(received(kRidA).size(), 32u);
  ask(kRidA, kA1, 500, devices());
  EXPECT_EQ(count<ListDevices>(), 1u) << "there is room again";
}

// A refusal costs the server as much as its sender, so the other users would pay for it.
TEST_F(WorkerBounds, WhoGoesOnAskingForWhatIsRefusedEnds) {
  const size_t open = 32;
  uint64_t request = 0;
  for (size_t i = 0; i < open + 500; ++i) ask(kRidA, kA1, ++request, devices());
  turn();
  EXPECT_EQ(received(kRidA).size(), 500u);
  EXPECT_EQ(engine->sessions(), 2u);
  ask(kRidA, kA1, ++request, devices());
  ask(kRidA, kA1, ++request, devices());  // in the same turn: neither answered nor counted
  turn();
  EXPECT_THAT(errors(kRidA), ElementsAre(v1::THROTTLED));
  EXPECT_EQ(engine->sessions(), 1u);
  EXPECT_THAT(ports->flooders, ElementsAre(kRidA));
  EXPECT_EQ(engine->counters().floods_ended, 1u);
  EXPECT_EQ(engine->counters().requests_busy, 501u);

  // Logging in again does not start the count anew. Other sessions are not affected.
  ports->requests.clear();
  live(kRidA + 10, kAlice, "alice", kA1, 2);
  for (size_t i = 0; i <= open; ++i) ask(kRidA + 10, kA1, ++request, devices());
  turn();
  EXPECT_THAT(ports->flooders, ElementsAre(kRidA, kRidA + 10));
  for (size_t i = 0; i <= open; ++i) ask(kRidB, kB1, 1 + i, devices());
  turn();
  EXPECT_THAT(errors(kRidB), ElementsAre(v1::BUSY));
  EXPECT_EQ(engine->sessions(), 1u);
}

TEST_F(WorkerBounds, WhoIsRefusedNowAndThenStays) {
  uint64_t request = 0;
  for (size_t i = 0; i < 32; ++i) ask(kRidA, kA1, ++request, devices());
  for (int i = 0; i < 10'000; ++i) {
    now += 5'000;
    ask(kRidA, kA1, ++request, devices());
    // Otherwise this session would be silent for too long.
    if (i % 500 == 0) ask(kRidB, kB1, 1'000 + static_cast<uint64_t>(i), vault());
    turn();
  }
  EXPECT_EQ(engine->counters().requests_busy, 10'000u);
  EXPECT_EQ(engine->sessions(), 2u);
}

TEST_F(WorkerBounds, ARequestThatBringsMuchCountsAsSeveral) {
  v1::ClientFrame f;
  f.mutable_put_vault()->set_version(2);
  f.mutable_put_vault()->set_blob(Bytes(wire::kMaxVault, 'v'));
  for (uint64_t i = 1; i <= 3; ++i) ask(kRidA, kA1, i, f);
  EXPECT_THAT(errors(kRidA), ElementsAre(v1::BUSY));
}

TEST_F(WorkerBounds, AUserWhoAsksTooOftenIsToldWhenToGoOn) {
  const auto ask_once = [this](uint64_t request) {
    ask(kRidA, kA1, request, devices());
    if (count<ListDevices>() == 0) return false;
    const auto r = take<ListDevices>();
    engine->on_store_reply(now, DeviceList{r.session, r.request, Code::kOk, {}});
    turn();
    return true;
  };
  uint64_t request = 100, served = 0;
  while (served < 10'000 && ask_once(++request)) ++served;
  EXPECT_EQ(served, 500u);
  turn();
  ASSERT_THAT(errors(kRidA), testing::SizeIs(1));
  EXPECT_EQ(engine->counters().requests_fast, 1u);
  now += 9'999;
  EXPECT_FALSE(ask_once(++request));
  now += 1;
  EXPECT_TRUE(ask_once(++request)) << "one in 10 ms";
  EXPECT_FALSE(ask_once(++request));
  ask(kRidB, kB1, 1, devices());
  ASSERT_EQ(count<ListDevices>(), 1u) << "others are not concerned";
  take<ListDevices>();
  now += 60'000'000;
  served = 0;
  while (served < 10'000 && ask_once(++request)) ++served;
  EXPECT_EQ(served, 500u) << "no more is saved up";
}

TEST_F(WorkerBounds, WhoHasManyRequestsInLineDelaysNobodyByMoreThanItsTurn) {
  for (uint64_t i = 1; i <= 32; ++i) ask(kRidA, kA1, i, devices());
  ask(kRidB, kB1, 1, devices());
  std::vector<uint64_t> served;
  while (count<ListDevices>() > 0) {
    const auto r = take<ListDevices>();
    served.push_back(r.uid);
    engine->on_store_reply(now, DeviceList{r.session, r.request, Code::kOk, {}});
  }
  const auto place = std::find(served.begin(), served.end(), kBob) - served.begin();
  EXPECT_EQ(served.size(), 33u);
  EXPECT_LE(place, 4) << "what was at the store already, and one turn";
}

TEST_F(WorkerBounds, AFloodOfNamesDelaysNobodysLookUp) {
  for (uint64_t i = 1; i <= 40; ++i) ask(kRidA, kA1, i, users(static_cast<int>(i) * 1000, 128));
  turn();
  EXPECT_THAT(errors(kRidA), testing::SizeIs(8));
  EXPECT_EQ(count<Lookup>(), 2u) << "one at work, one on its way";
  send(kRidB, kB1, 1, "carol");
  ask(kRidB, kB1, 2, users("dave"));
  turn();
  answer_absent();
  answer_absent();
  const auto third = find<Lookup>();
  ASSERT_NE(third, nullptr);
  EXPECT_THAT(third->names, Contains("carol"));
  EXPECT_THAT(third->names, Contains("dave"));
  EXPECT_LE(third->names.size(), 1024u);
  while (find<Lookup>() != nullptr) answer_absent();
  EXPECT_THAT(received(kRidA), testing::SizeIs(32)) << "each has its answer";
  EXPECT_EQ(received(kRidB).size(), 2u);
}

TEST_F(WorkerBounds, SeveralWhoAskForOneNameCauseOneLookUp) {
  ask(kRidA, kA1, 1, users("carol"));
  ask(kRidB, kB1, 1, users("carol"));
  send(kRidB, kB1, 7, "carol");
  EXPECT_EQ(count<Lookup>(), 1u);
  const auto r = expect<Lookup>();
  EXPECT_THAT(r.names, ElementsAre("carol", "bob"));
  engine->on_store_reply(now, LookedUp{r.asked_at, Code::kOk, r.names, {{"carol", 3, "kc", 390, {301}}}});
  turn();
  ASSERT_EQ(received(kRidA)[0].users().users_size(), 1);
  std::string key;
  for (const auto& f : received(kRidB)) {
    for (const auto& u : f.users().users()) key = u.public_key();
  }
  EXPECT_EQ(key, "kc");
}

TEST_F(WorkerBounds, ANameThatNobodyHasIsNotLookedUpAgainForASecond) {
  ask(kRidA, kA1, 1, users("carol"));
  turn();
  answer_absent();
  EXPECT_EQ(received(kRidA)[0].users().users_size(), 0);
  ask(kRidA, kA1, 2, users("carol"));
  turn();
  EXPECT_EQ(find<Lookup>(), nullptr);
  EXPECT_EQ(received(kRidA)[0].users().users_size(), 0);
  later(1'000'001);
  ports->requests.clear();
  ask(kRidA, kA1, 3, users("carol"));
  turn();
  EXPECT_NE(find<Lookup>(), nullptr);
}

TEST_F(WorkerBounds, WhoHasJustLoggedInIsSeenAtOnce) {
  ask(kRidA, kA1, 1, users("carol"));
  turn();
  answer_absent();
  v1::BrokerFrame f;
  f.mutable_invalidate()->set_id(9);
  f.mutable_invalidate()->set_uid(3);
  f.mutable_invalidate()->set_did(301);
  f.mutable_invalidate()->set_session_epoch(1);
  from_broker(f);
  ask(kRidA, kA1, 2, users("carol"));
  turn();
  EXPECT_NE(find<Lookup>(), nullptr);
}

TEST_F(WorkerBounds, AMessageIsNeverRefusedByWhatWasKnownBeforeItCame) {
  ask(kRidA, kA1, 1, users("carol"));
  turn();
  answer_absent();
  received(kRidA);
  now += 1'000;
  send(kRidA, kA1, 1, "carol");
  EXPECT_THAT(traffic(kRidA).rejected(), IsEmpty());
  const auto r = expect<Lookup>();
  EXPECT_THAT(r.names, Contains("carol"));
}

TEST_F(WorkerBounds, ALookUpUnderWayIsAskedAgainOnlyForWhomItMayHaveMissed) {
  send(kRidA, kA1, 1, "bob");
  const auto r = expect<Lookup>();
  v1::BrokerFrame f;
  f.mutable_invalidate()->set_uid(777);
  f.mutable_invalidate()->set_did(778);
  f.mutable_invalidate()->set_session_epoch(1);
  from_broker(f);
  LookedUp reply{r.asked_at, Code::kOk, r.names, {}};
  reply.users.push_back({"alice", kAlice, "ka", kMailboxA, {kA1}});
  reply.users.push_back({"bob", kBob, "kb", kMailboxB, {kB1}});
  engine->on_store_reply(now, std::move(reply));
  turn();
  EXPECT_EQ(find<Lookup>(), nullptr) << "strangers who log in keep nobody's message waiting";
  EXPECT_EQ(traffic(kRidB).deliveries_size(), 1);
}

TEST_F(WorkerBounds, NoRequestIsServedToASessionThatDoesNotRead) {
  ports->waiting[kRidA] = (2 << 20) + 1;
  for (uint64_t i = 1; i <= 10; ++i) ask(kRidA, kA1, i, vault());
  ask(kRidB, kB1, 1, vault());
  turn();
  ASSERT_EQ(count<GetVault>(), 1u);
  EXPECT_EQ(take<GetVault>().uid, kBob);
  EXPECT_LE(engine->tick(now), now + 5'000) << "it looks again soon";
  ports->waiting[kRidA] = 0;
  now += 5'000;
  turn();
  EXPECT_EQ(count<GetVault>(), 2u);
}

TEST_F(WorkerBounds, AnAnswerThatNeedsNoStoreIsPutOffWhileTheLinkIsFull) {
  ask(kRidA, kA1, 1, users("bob"));
  turn();
  answer_lookup();
  received(kRidA);
  ports->waiting[kRidA] = (2 << 20) + 1;
  ask(kRidA, kA1, 2, users("bob"));
  EXPECT_THAT(errors(kRidA), ElementsAre(v1::BUSY));
  EXPECT_EQ(engine->counters().links_busy, 1u);
}

TEST_F(WorkerBounds, ASessionThatLeavesTwoMebibytesUnreadIsEnded) {
  ports->full.insert(kRidA);
  for (int i = 0; i < 3; ++i) {
    const SessionId session = 1;
    engine->on_store_reply(now, VaultRow{session, 1, Code::kOk, 1, Bytes(800 << 10, 'v')});
  }
  turn();
  EXPECT_EQ(engine->counters().backlogs_ended, 1u);
  EXPECT_THAT(ports->closed, Contains(kRidA));
  EXPECT_EQ(engine->sessions(), 1u);
}

TEST_F(WorkerBounds, AQueueIsEmptiedNoFasterThanItsSocketTakesIt) {
  grant(kBob, "bob", kB2);
  attach(3, kB2);
  ports->full.insert(3);
  std::vector<QueuedMessage> rows;
  for (uint64_t i = 1; i <= 200; ++i) rows.push_back({.mid = i, .envelope = Bytes(24'000, 'e')});
  answer_drain(rows, true);
  EXPECT_EQ(engine->counters().backlogs_ended, 0u);
  EXPECT_LT(engine->counters().drained, 20u) << "the others stay in the queue";
  const uint64_t first = engine->counters().drained;
  ports->full.clear();
  now += 5'000;
  turn();
  const auto again = expect<Drain>();
  EXPECT_EQ(again.held.size(), first);
}

TEST_F(WorkerBounds, OneSenderHoldsAtMostAQuarterOfWhatIsInHand) {
  const Bytes envelope(24'000, 'e');
  // The sends exceed the limit of one session in flight, so they come from several devices.
  uint64_t did = 1, rid = 50, refused = 0;
  for (int n = 0; n < 5; ++n, ++did, ++rid) {
    live(rid, kAlice, "alice", did);
    for (uint64_t ref = 1; ref <= 3'000; ++ref) send(rid, did, ref, "carol", envelope);
    const auto told = traffic(rid);
    for (const auto& r : told.rejected()) {
      EXPECT_EQ(r.code(), v1::BUSY);
      ++refused;
    }
  }
  EXPECT_GT(refused, 0u);
  EXPECT_EQ(engine->counters().shares_busy, refused);
  EXPECT_LE(engine->pending_bytes(), 64u << 20);
  send(kRidB, kB1, 1, "carol", envelope);
  EXPECT_THAT(traffic(kRidB).rejected(), IsEmpty());
}

TEST_F(WorkerBounds, ReceiptsThatNobodyGaveAreNotAcknowledged) {
  UpstreamWriter w;
  for (uint64_t id = 1; id <= 100'000; ++id) w.receipt_ack(id);
  engine->on_client_frame(now, kRidA, user_id(kA1), w.take());
  turn();
  EXPECT_EQ(find<RemoveBatch>(), nullptr);
}

TEST(StoreQueueTurns, ABatchTakesFromTheSendersInTurn) {
  EngineConfig config;
  config.max_insert_rows = 10;
  RecordingPorts ports;
  Sessions sessions;
  Lanes lanes(config, ports, sessions);
  StoreQueue queue(config, lanes);
  const auto insert = [&](uint64_t uid, uint64_t pid) {
    Pending p;
    p.pid = pid;
    p.from_uid = p.session = uid;
    p.add_target({.did = 900, .state = TargetState::kQueuing});
    queue.insert(p);
  };
  for (uint64_t i = 1; i <= 500; ++i) insert(1, i);
  insert(2, 1'000);
  queue.flush(0);
  const auto& batch = std::get<InsertBatch>(ports.requests.front());
  ASSERT_EQ(batch.rows.size(), 10u);
  EXPECT_EQ(batch.rows[1].pid, 1'000u);
}

}  // namespace
}  // namespace fastchat::test
