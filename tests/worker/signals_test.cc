// Signals (PROTOCOL.md section 4): for live sessions that asked for them, and without a guarantee.
#include <set>

#include "tests/worker/engine_fixture.h"

namespace fastchat::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class SignalsTest : public WorkerEngineTest {
 protected:
  static constexpr uint64_t kAt = 1, kBt = 2, kB2t = 3, kCt = 4, kA2t = 5;  // routing ids
  static constexpr uint64_t kCarol = 3, kC1 = 31, kA2 = 102, kMailboxC = 39;
  const Bytes kTeam = Bytes(32, 'g');

  // Attaches with or without the wish for signals; the queue is not empty yet.
  void attach_with(uint64_t rid, uint64_t uid, const std::string& user, uint64_t did, bool signals) {
    grant(uid, user, did);
    v1::ClientFrame f;
    f.set_request(1);
    f.mutable_attach()->set_version_min(1);
    f.mutable_attach()->set_version_max(1);
    f.mutable_attach()->set_device(Bytes(16, 'd'));
    f.mutable_attach()->set_session_epoch(1);
    f.mutable_attach()->set_signals(signals);
    engine->on_client_frame(now, rid, user_id(did), f.SerializeAsString());
    turn();
  }
  void live_with(uint64_t rid, uint64_t uid, const std::string& user, uint64_t did, bool signals = true) {
    attach_with(rid, uid, user, did, signals);
    answer_drain({});
    ports->clients[rid].clear();
  }
  void signal(const std::string& to, const Bytes& envelope = "typing", uint64_t rid = kAt, uint64_t did = kA1) {
    UpstreamWriter w;
    w.signal({.user = to}, envelope);
    engine->on_client_frame(now, rid, user_id(did), w.take());
    turn();
  }
  void signal_team(uint64_t epoch, uint64_t rid = kAt, uint64_t did = kA1) {
    UpstreamWriter w;
    w.signal({.user = {}, .group = kTeam, .epoch = epoch}, "typing");
    engine->on_client_frame(now, rid, user_id(did), w.take());
    turn();
  }
  std::vector<std::string> got(uint64_t rid) {
    const auto t = traffic(rid);
    return {t.signals().begin(), t.signals().end()};
  }
  void answer_group(std::vector<worker::GroupMember> members) {
    const auto asked = expect<worker::GroupLookup>();
    worker::GroupsLookedUp reply{asked.asked_at, Code::kOk, {kTeam}, {{kTeam, 70, 2, 1, std::move(members)}}};
    engine->on_store_reply(now, std::move(reply));
    turn();
  }
  void answer_people() {
    while (find<worker::Lookup>() != nullptr) {
      const auto asked = take<worker::Lookup>();
      worker::LookedUp reply{asked.asked_at, Code::kOk, asked.names, {}};
      for (const auto& name : asked.names) {
        if (name == "alice") reply.users.push_back({"alice", kAlice, "", kMailboxA, {kA1, kA2}});
        if (name == "bob") reply.users.push_back({"bob", kBob, "", kMailboxB, {kB1}});
        if (name == "carol") reply.users.push_back({"carol", kCarol, "", kMailboxC, {kC1}});
      }
      engine->on_store_reply(now, std::move(reply));
      turn();
    }
  }
  // Checks that nothing lasting came of the signal: no row, no message in hand, no answer to its sender.
  void expect_no_trace() {
    EXPECT_EQ(find<worker::InsertBatch>(), nullptr);
    EXPECT_EQ(engine->pending(), 0u);
    EXPECT_THAT(received(kAt), IsEmpty());
    later(3'000'000);
    EXPECT_EQ(find<worker::InsertBatch>(), nullptr);
  }
};

TEST_F(SignalsTest, ReachTheLiveDevicesOfTheRecipientAndNobodyElse) {
  live_with(kAt, kAlice, "alice", kA1);
  live_with(kBt, kBob, "bob", kB1);
  live_with(kB2t, kBob, "bob", kB2);
  live_with(kCt, kCarol, "carol", kC1);
  signal("bob");
  answer_lookup({kB1, kB2});  // no user was known yet: the signal waited for the look-up
  EXPECT_THAT(got(kBt), ElementsAre("typing"));
  EXPECT_THAT(got(kB2t), ElementsAre("typing"));
  EXPECT_THAT(received(kCt), IsEmpty());
  signal("bob", "again");
  EXPECT_EQ(find<worker::Lookup>(), nullptr);
  EXPECT_THAT(got(kBt), ElementsAre("again"));
  expect_no_trace();
}

TEST_F(SignalsTest, DoNotComeBackToTheSendersOwnDevices) {
  live_with(kAt, kAlice, "alice", kA1);
  live_with(kA2t, kAlice, "alice", kA2);
  live_with(kBt, kBob, "bob", kB1);
  signal("bob");
  answer_people();  // the worker now has both of alice's devices
  EXPECT_THAT(got(kBt), ElementsAre("typing"));
  EXPECT_THAT(received(kA2t), IsEmpty());
  expect_no_trace();
}

TEST_F(SignalsTest, AreDroppedForWhoIsAwayDrainingOrDoesNotWantThem) {
  live_with(kAt, kAlice, "alice", kA1);
  live(kB2t, kBob, "bob", kB2);              // live, did not ask
  attach_with(kBt, kBob, "bob", kB1, true);  // draining
  ports->clients[kBt].clear();
  signal("bob");
  answer_lookup({kB1, kB2, 203});
  EXPECT_THAT(received(kBt), IsEmpty());
  EXPECT_THAT(received(kB2t), IsEmpty());
  EXPECT_THAT(bus_traffic(kPeer).signals(), IsEmpty());
  // A device that did not ask for signals may not send signals either.
  signal("alice", "typing", kB2t, kB2);
  answer_lookup();
  EXPECT_THAT(received(kAt), IsEmpty());
  signal("nobody");
  answer_lookup();
  expect_no_trace();
}

TEST_F(SignalsTest, AreDroppedWhenTheLinkTakesNothing) {
  live_with(kAt, kAlice, "alice", kA1);
  live_with(kBt, kBob, "bob", kB1);
  send(kAt, kA1, 1, "bob");
  answer_lookup();
  received(kBt);
  ports->full.insert(kBt);
  send(kAt, kA1, 2, "bob");  // stays in the backlog, because the session is slow
  signal("bob");
  ports->full.erase(kBt);
  later(10'000);
  const auto t = traffic(kBt);
  EXPECT_EQ(t.deliveries_size(), 1);
  EXPECT_EQ(t.signals_size(), 0);
}

TEST_F(SignalsTest, CrossTheBusOnceForEachWorkerAndAreNotAnswered) {
  live_with(kAt, kAlice, "alice", kA1);
  add_peer();
  snapshot_of_peer(0, {kB1, kB2});
  ports->bus.clear();
  signal("bob");
  answer_lookup({kB1, kB2});
  const auto out = bus_traffic(kPeer);
  ASSERT_EQ(out.signals_size(), 1);
  EXPECT_THAT(out.signals(0).dids(), UnorderedElementsAre(kB1, kB2));
  EXPECT_EQ(out.signals(0).envelope(), "typing");

  const uint64_t dids[] = {kA1, 999};
  BusTrafficWriter w;
  w.signal(dids, 2, "from afar");
  ports->bus.clear();
  traffic_of_peer(w);
  EXPECT_THAT(got(kAt), ElementsAre("from afar"));
  const auto back = bus_traffic(kPeer);
  EXPECT_EQ(back.nacks_size() + back.acks_size() + back.signals_size(), 0);
}

TEST_F(SignalsTest, AreFewForEachSession) {
  live_with(kAt, kAlice, "alice", kA1);
  live_with(kBt, kBob, "bob", kB1);
  signal("bob");
  answer_lookup();
  for (int i = 0; i < 20; ++i) signal("bob");
  EXPECT_EQ(got(kBt).size(), 6u);
  EXPECT_EQ(engine->counters().signals_dropped, 15u);
  for (int i = 0; i < 10; ++i) {
    later(1'000'000);
    signal("bob");
  }
  EXPECT_EQ(got(kBt).size(), 5u);  // one in two seconds
  expect_no_trace();
}

TEST_F(SignalsTest, OfAGroupGoToItsMembersAndComeFromOne) {
  live_with(kAt, kAlice, "alice", kA1);
  live_with(kBt, kBob, "bob", kB1);
  live_with(kCt, kCarol, "carol", kC1);
  signal_team(2);
  answer_group({{kAlice, "alice", 1, 0}, {kBob, "bob", 1, 0}, {kCarol, "carol", 1, 2}});
  answer_people();
  EXPECT_THAT(got(kBt), ElementsAre("typing"));
  EXPECT_THAT(received(kCt), IsEmpty());  // left in epoch 2
  signal_team(2, kCt, kC1);
  if (find<worker::GroupLookup>() != nullptr) {
    answer_group({{kAlice, "alice", 1, 0}, {kBob, "bob", 1, 0}, {kCarol, "carol", 1, 2}});
  }
  EXPECT_THAT(received(kAt), IsEmpty());
  EXPECT_THAT(received(kBt), IsEmpty());
  EXPECT_THAT(received(kCt), IsEmpty());  // not even a refusal
  expect_no_trace();
}

TEST_F(SignalsTest, DoNotOutliveALookUpThatFailsOrTakesLong) {
  live_with(kAt, kAlice, "alice", kA1);
  live_with(kBt, kBob, "bob", kB1);
  signal("bob");
  answer_lookup({kB1}, Code::kBusy);
  EXPECT_THAT(received(kBt), IsEmpty());
  signal("bob");
  now += 3'000'000;
  answer_lookup();
  EXPECT_THAT(received(kBt), IsEmpty());
}

}  // namespace
}  // namespace fastchat::test
