// Each row of the link's state table, and each way out of it. Time is an integer.
#include "client/core/backoff.h"
#include "tests/client/core_harness.h"

namespace fastchat::core {
namespace {

using ::testing::ElementsAre;
using S = LinkState;

TEST(Link, WalksFromOfflineToLiveAndSaysWhatEachPeerNeeds) {
  World w;
  EXPECT_EQ(w.engine.state(), S::kEnded);
  w.engine.start(w.now, World::credentials());
  EXPECT_EQ(w.engine.state(), S::kBrokerHello);
  EXPECT_THAT(w.connects, ElementsAre("tcp://one:1"));
  EXPECT_TRUE(w.sent.cold.empty());

  w.engine.on_link_up(w.now);
  ASSERT_EQ(w.sent.cold.size(), 1u);
  EXPECT_EQ(w.sent.cold[0].hello().version_max(), wire::kVersion);

  w.hello();
  EXPECT_EQ(w.engine.state(), S::kLoggingIn);
  ASSERT_EQ(w.sent.cold.size(), 2u);
  EXPECT_EQ(w.sent.cold[1].log_in().user(), "alice");
  EXPECT_EQ(w.sent.cold[1].log_in().device(), pad("device", 16));

  w.logged_in_reply();
  EXPECT_EQ(w.engine.state(), S::kAwaitingAssignment);
  EXPECT_THAT(w.blobs, ElementsAre("blob"));

  w.assignment();
  EXPECT_EQ(w.engine.state(), S::kAttaching);
  EXPECT_THAT(w.connects, ElementsAre("tcp://one:1", "tcp://worker:9"));

  w.engine.on_link_up(w.now);
  ASSERT_EQ(w.sent.cold.size(), 3u);
  EXPECT_EQ(w.sent.cold[2].attach().session_epoch(), 5u);

  w.attached();
  EXPECT_EQ(w.engine.state(), S::kDraining);
  EXPECT_EQ(w.note.vault_version, 7u);
  w.drained();
  EXPECT_EQ(w.engine.state(), S::kLive);
  w.drained();  // after the worker spilled and caught up
  EXPECT_EQ(w.engine.state(), S::kLive);
}

TEST(Link, BeginsAgainWhenSignalsAreWantedAndTheSessionHasNone) {
  World w;
  w.to_live();
  w.engine.want_signals(false);
  w.turn();
  EXPECT_EQ(w.engine.state(), S::kLive);
  w.engine.want_signals(true);
  w.turn();
  EXPECT_EQ(w.engine.state(), S::kOffline);
  w.at(w.wake);
  ASSERT_EQ(w.engine.state(), S::kBrokerHello);
  w.to_attaching();
  w.sent = {};
  w.engine.on_link_up(w.now);
  ASSERT_EQ(w.sent.cold.size(), 1u);
  EXPECT_TRUE(w.sent.cold.back().attach().signals());
  w.attached();
  w.drained();
  w.engine.want_signals(false);
  w.engine.want_signals(true);
  w.turn();
  EXPECT_EQ(w.engine.state(), S::kLive) << "the session has signals already";
}

TEST(Link, BeginsAgainForSignalsOnlyOnceNoAnswerIsUnderWay) {
  World w;
  w.engine.want_signals(false);
  w.engine.start(w.now, World::credentials());
  w.to_draining();
  w.engine.want_signals(true);
  w.turn();
  EXPECT_EQ(w.engine.state(), S::kDraining) << "the backlog comes first";
  v1::ClientFrame frame;
  frame.mutable_get_devices();
  const uint64_t id = w.engine.request(w.now, frame);
  w.turn();
  w.drained();
  w.turn();
  EXPECT_EQ(w.engine.state(), S::kLive) << "the request has no answer yet";
  w.feed_error(id, v1::UNKNOWN_USER);
  w.turn();
  EXPECT_EQ(w.engine.state(), S::kOffline);
  EXPECT_EQ(w.note.code, Code::kLocalUnreachable);
}

TEST(Link, SignsUpOnceThenLogsInOnTheSameLink) {
  World w;
  Credentials c = World::credentials();
  c.sign_up = SignUpData{"spki", "blob", "vault", pad("v", 32), ""};
  w.engine.start(w.now, c);
  w.engine.on_link_up(w.now);
  w.hello();
  EXPECT_EQ(w.engine.state(), S::kSigningUp);
  EXPECT_EQ(w.sent.cold.back().sign_up().verifier(), pad("v", 32));
  w.feed(Link::kSignUpId, [](auto& f) { f.mutable_signed_up(); });
  EXPECT_EQ(w.engine.state(), S::kLoggingIn);
  EXPECT_EQ(w.sign_ups, 1);
  // The next try of the same run does not sign up again.
  w.engine.on_link_down(w.now, LinkLoss::kClosed);
  w.turn();
  w.at(w.wake);
  w.engine.on_link_up(w.now);
  w.hello();
  EXPECT_EQ(w.engine.state(), S::kLoggingIn);
}

TEST(Link, RefusalsForGoodEndItWithTheirCode) {
  for (auto code : {v1::BAD_CREDENTIALS, v1::UNSUPPORTED_VERSION, v1::NAME_TAKEN, v1::REGISTRATION_CLOSED}) {
    World w;
    w.engine.start(w.now, World::credentials());
    w.engine.on_link_up(w.now);
    w.hello();
    w.feed_error(Link::kLogInId, code);
    EXPECT_EQ(w.engine.state(), S::kEnded);
    EXPECT_EQ(w.note.code, static_cast<Code>(code));
    EXPECT_EQ(w.turn().cold.size() > 0, true);
    w.at(w.now + 100'000);
    EXPECT_EQ(w.connects.size(), 1u) << "an ended link never connects again";
  }
}

TEST(Link, SupersededEndsTheSession) {
  World w;
  w.to_live();
  w.feed_error(0, v1::SUPERSEDED);
  EXPECT_EQ(w.engine.state(), S::kEnded);
  EXPECT_EQ(w.note.code, Code::kSuperseded);
}

TEST(Link, ALogInOfItsOwnThatComesLateIsNoReasonToEnd) {
  World w;
  w.engine.start(w.now, World::credentials());
  w.engine.on_link_up(w.now);
  w.hello();
  w.engine.on_link_down(w.now, LinkLoss::kClosed);  // the broker may still serve that login
  w.turn();
  w.reconnect();
  ASSERT_EQ(w.engine.state(), S::kLive);
  w.feed_error(0, v1::SUPERSEDED);
  EXPECT_EQ(w.engine.state(), S::kOffline);
  w.turn();
  w.reconnect();
  w.now += 60'000;
  w.feed_error(0, v1::SUPERSEDED);
  EXPECT_EQ(w.engine.state(), S::kEnded) << "a minute later it is somebody else's";
}

TEST(Link, AnotherRealmIsNotSpokenTo) {
  World w;
  w.engine.start(w.now, World::credentials());
  w.engine.on_link_up(w.now);
  w.feed(Link::kHelloId, [](auto& f) {
    f.mutable_hello()->set_version(1);
    f.mutable_hello()->set_realm(pad("other", 16));
    f.mutable_hello()->set_registration(v1::OPEN);
  });
  EXPECT_EQ(w.engine.state(), S::kEnded);
  EXPECT_EQ(w.note.code, Code::kWrongRealm);
  EXPECT_EQ(w.sent.cold.size(), 1u) << "only the hello: no auth for a stranger";
}

TEST(Link, RefusalsForNowLeadToABackoffThatHonoursTheServer) {
  for (auto code : {v1::BUSY, v1::THROTTLED, v1::NO_WORKER, v1::NOT_LOGGED_IN}) {
    World w;
    w.engine.start(w.now, World::credentials());
    w.engine.on_link_up(w.now);
    w.hello();
    w.feed_error(Link::kLogInId, code, 60'000);
    EXPECT_EQ(w.engine.state(), S::kOffline);
    EXPECT_EQ(w.note.retry_after_ms, 60'000);
    w.turn();
    w.at(w.now + 59'999);
    EXPECT_EQ(w.engine.state(), S::kOffline);
    w.at(w.now + 1);
    EXPECT_EQ(w.engine.state(), S::kBrokerHello);
  }
}

TEST(Link, TriesEveryBrokerBeforeItWaits) {
  World w;
  w.engine.start(w.now, World::credentials());
  w.engine.on_link_down(w.now, LinkLoss::kUnreachable);
  EXPECT_EQ(w.note.retry_after_ms, 0);
  w.turn();
  EXPECT_THAT(w.connects, ElementsAre("tcp://one:1", "tcp://two:2"));
  w.engine.on_link_down(w.now, LinkLoss::kUnreachable);
  EXPECT_EQ(w.note.retry_after_ms, 250);
  EXPECT_EQ(w.engine.state(), S::kOffline);
  w.turn();
  w.at(w.now + 250);
  EXPECT_EQ(w.connects.back(), "tcp://one:1");
}

TEST(Link, BackoffDoublesUpToItsLimitAndJitterHalvesIt) {
  EXPECT_EQ(backoff_ms(250, 4000, 0, 0), 250);
  EXPECT_EQ(backoff_ms(250, 4000, 3, 0), 2000);
  EXPECT_EQ(backoff_ms(250, 4000, 40, 0), 4000);
  EXPECT_EQ(backoff_ms(250, 4000, 40, 2000), 2000);
}

TEST(Link, ThreeFailedHandshakesInARowMeanAnotherKey) {
  World w;
  w.engine.start(w.now, World::credentials());
  for (int i = 0; i < 2; ++i) {
    w.engine.on_link_down(w.now, LinkLoss::kHandshake);
    EXPECT_EQ(w.engine.state(), S::kOffline);
    w.turn();
    if (w.engine.state() == S::kOffline) w.at(w.wake);
    EXPECT_EQ(w.engine.state(), S::kBrokerHello);
  }
  w.engine.on_link_down(w.now, LinkLoss::kHandshake);
  EXPECT_EQ(w.engine.state(), S::kEnded);
  EXPECT_EQ(w.note.code, Code::kLocalUntrustedKey);
}

TEST(Link, AFailedHandshakeAfterAGoodOneIsAServerThatRestarts) {
  World w;
  w.to_live();
  w.engine.on_link_down(w.now, LinkLoss::kClosed);
  for (int i = 0; i < 10; ++i) {
    w.turn();
    if (w.engine.state() == S::kOffline) w.at(w.wake);
    ASSERT_EQ(w.engine.state(), S::kBrokerHello);
    w.engine.on_link_down(w.now, LinkLoss::kHandshake);
    ASSERT_EQ(w.engine.state(), S::kOffline);
  }
}

TEST(Link, AHandshakeThatAWorkerRefusesGoesBackToABroker) {
  World w;
  w.engine.start(w.now, World::credentials());
  w.to_attaching();
  w.engine.on_link_down(w.now, LinkLoss::kHandshake);
  EXPECT_EQ(w.engine.state(), S::kOffline);
  w.turn();
  w.at(w.wake);
  EXPECT_EQ(w.connects.back(), "tcp://one:1");
}

TEST(Link, EveryStateBeforeTheSessionHasADeadline) {
  for (int steps = 0; steps <= 4; ++steps) {
    World w;
    w.engine.start(w.now, World::credentials());
    if (steps >= 1) w.engine.on_link_up(w.now);
    if (steps >= 2) w.hello();
    if (steps >= 3) w.logged_in_reply();
    if (steps >= 4) w.assignment();
    const S before = w.engine.state();
    w.turn();
    ASSERT_LT(w.wake, w.now + 10'001);
    w.at(w.wake - 1);
    EXPECT_EQ(w.engine.state(), before);
    w.at(w.now + 1);
    EXPECT_NE(w.engine.state(), before);
    EXPECT_EQ(w.note.code, Code::kLocalUnreachable);
  }
}

TEST(Link, PingsAfterTenSecondsOfSilenceAndGivesUpTwentyLater) {
  World w;
  w.to_live();
  const int64_t start = w.now;
  EXPECT_EQ(w.wake, start + 10'000);
  EXPECT_TRUE(w.at(start + 9'999).cold.empty());
  auto sent = w.at(start + 10'000);
  ASSERT_EQ(sent.cold.size(), 1u);
  EXPECT_TRUE(sent.cold[0].has_ping());
  w.feed(0, [](auto& f) { f.mutable_pong(); });
  w.at(start + 20'000);
  w.at(start + 30'000);
  EXPECT_EQ(w.engine.state(), S::kLive);
  w.at(start + 40'000);  // 20 s after the ping that nobody answered
  EXPECT_EQ(w.engine.state(), S::kOffline);
}

TEST(Link, PingsAlsoWhenItSendsAllTheTimeAndHearsNothing) {
  World w;
  w.to_live();
  const int64_t start = w.now;
  for (int64_t s = 1; s <= 29; ++s) {
    w.now = start + s * 1'000;
    v1::ClientFrame f;
    f.mutable_get_devices();
    w.engine.request(w.now, std::move(f));
    w.at(w.now);
    EXPECT_EQ(w.engine.state(), S::kLive);
  }
  w.at(start + 31'000);  // 10 s without an answer, and 20 s after the ping
  EXPECT_EQ(w.engine.state(), S::kOffline);
}

TEST(Link, MeasuresHowLongAnAnswerTakesAlsoWhileBusy) {
  World w;
  w.engine.start(w.now, World::credentials());
  w.to_draining();
  w.drained();
  const auto first = w.turn();  // at once: the latency is shown soon
  ASSERT_EQ(first.cold.size(), 1u);
  EXPECT_TRUE(first.cold[0].has_ping());
  EXPECT_EQ(first.cold[0].request(), Link::kPingId);
  w.now += 30;
  w.pong();
  EXPECT_THAT(w.latencies, ElementsAre(30));
  w.pong();  // a second answer to the same ping counts for nothing
  int pings = 0;
  for (int i = 0; i < 30; ++i) {  // the client sends all the time, and is answered
    w.engine.submit(w.outgoing(static_cast<uint64_t>(i) + 1));
    for (const auto& frame : w.at(w.now + 1'000).cold) {
      pings += frame.has_ping() ? 1 : 0;
      w.now += 31;
      w.pong();
    }
  }
  EXPECT_EQ(pings, 3);
  EXPECT_THAT(w.latencies, ElementsAre(30));  // 31 ms is too close to 30 to be reported
}

TEST(Link, AnAnswerToAnEarlierLinkMeasuresNothing) {
  World w;
  w.to_live();
  w.at(w.now + 10'000);
  w.engine.on_link_down(w.now, LinkLoss::kClosed);
  w.reconnect();
  const size_t before = w.latencies.size();
  w.pong();
  EXPECT_EQ(w.latencies.size(), before);
  w.turn();
  w.now += 5;
  w.pong();
  EXPECT_EQ(w.latencies.size(), before + 1);
  EXPECT_EQ(w.latencies.back(), 5);
}

TEST(Latency, FollowsWhatLastsAndIgnoresWhatFlickers) {
  Latency l;
  EXPECT_EQ(l.shown_ms(), -1);
  int64_t now = 0;
  const auto sample = [&](int64_t ms) {
    EXPECT_TRUE(l.ask(now));
    EXPECT_FALSE(l.ask(now));
    return l.answer(now += ms);
  };
  EXPECT_FALSE(l.answer(now));
  EXPECT_TRUE(sample(0));
  EXPECT_EQ(l.shown_ms(), 0);
  for (const int64_t ms : {1, 0, 1, 1, 0, 1}) EXPECT_FALSE(sample(ms));
  EXPECT_TRUE(sample(200));
  int changes = 0;
  for (int i = 0; i < 30; ++i) changes += sample(200) ? 1 : 0;
  EXPECT_NEAR(static_cast<double>(l.shown_ms()), 200, 50);
  EXPECT_LT(changes, 12);
  for (int i = 0; i < 30; ++i) EXPECT_FALSE(sample(i % 2 == 0 ? 190 : 215));
}

TEST(Link, ASteadySessionThatBreaksIsTriedAgainAlmostAtOnce) {
  World w;
  w.random_value = 77;
  w.to_live();
  w.now += 10'000;
  w.engine.on_link_down(w.now, LinkLoss::kClosed);
  EXPECT_EQ(w.note.retry_after_ms, 77);
}

TEST(Link, FramesOutOfPlaceGiveTheLinkUp) {
  World w;
  w.engine.start(w.now, World::credentials());
  w.engine.on_link_up(w.now);
  w.assignment();
  EXPECT_EQ(w.engine.state(), S::kOffline);
  EXPECT_EQ(w.note.code, Code::kMalformed);
}

TEST(Link, AServerThatDrainsIsLeftAfterAcknowledging) {
  World w;
  w.to_live();
  w.deliver(1, "a", 1);
  w.commit();
  w.feed_error(0, v1::SHUTTING_DOWN);
  EXPECT_EQ(w.sent.ack_upto, 1u);
  EXPECT_EQ(w.engine.state(), S::kOffline);
}

TEST(Link, EndSaysBye) {
  World w;
  w.to_live();
  w.engine.end(w.now, Code::kOk, "done");
  EXPECT_TRUE(w.sent.cold.back().has_bye());
  EXPECT_EQ(w.engine.state(), S::kEnded);
}

TEST(Requests, AreAnsweredOnceByNumber) {
  World w;
  w.to_live();
  v1::ClientFrame f;
  f.mutable_get_devices();
  const uint64_t id = w.engine.request(w.now, f);
  auto sent = w.turn();
  ASSERT_EQ(sent.cold.size(), 1u);
  EXPECT_EQ(sent.cold[0].request(), id);
  w.feed(id, [](auto& r) { r.mutable_devices(); });
  EXPECT_EQ(w.replies.at(id), Code::kOk);
  w.replies.clear();
  w.feed(id, [](auto& r) { r.mutable_devices(); });
  EXPECT_TRUE(w.replies.empty());
}

TEST(Requests, FewerAreOpenThanAWorkerTakes) {
  World w;
  w.to_live();
  std::vector<uint64_t> ids;
  for (int i = 0; i < 40; ++i) {
    v1::ClientFrame f;
    f.mutable_get_devices();
    ids.push_back(w.engine.request(w.now, std::move(f)));
  }
  EXPECT_EQ(w.turn().cold.size(), 30u);
  for (int i = 0; i < 4; ++i) w.feed(ids[static_cast<size_t>(i)], [](auto& f) { f.mutable_devices(); });
  const auto next = w.turn();
  ASSERT_EQ(next.cold.size(), 4u);
  EXPECT_EQ(next.cold[0].request(), ids[30]);
  w.feed_error(ids[5], v1::BUSY);
  EXPECT_EQ(w.turn().cold.size(), 1u);
}

TEST(Requests, ALargeOneCountsAsSeveralAndKeepsItsPlace) {
  World w;
  w.to_live();
  std::vector<uint64_t> ids;
  for (int i = 0; i < 3; ++i) {
    v1::ClientFrame f;
    f.mutable_put_vault()->set_version(2);
    f.mutable_put_vault()->set_blob(Bytes(896 << 10, 'v'));
    ids.push_back(w.engine.request(w.now, std::move(f)));
  }
  v1::ClientFrame small;
  small.mutable_get_devices();
  w.engine.request(w.now, std::move(small));
  v1::ClientFrame chunk;
  chunk.mutable_get_chunk()->set_file_id(pad("f", 16));
  w.engine.request(w.now, std::move(chunk));
  const auto first = w.turn();
  ASSERT_EQ(first.cold.size(), 3u);
  EXPECT_TRUE(first.cold[2].has_get_chunk()) << "files have a number of their own";
  w.feed(ids[0], [](auto& f) { f.mutable_vault_stored()->set_version(2); });
  EXPECT_EQ(w.turn().cold.size(), 1u);
}

TEST(Requests, AWholeFrameGoesUnderItsReservedNumber) {
  World w;
  w.to_live();
  const uint64_t never = w.engine.reserve_request(), id = w.engine.reserve_request();
  v1::ClientFrame f;
  f.set_request(id);
  f.mutable_get_devices();
  w.engine.request(w.now, id, f.SerializeAsString(), 0);
  const auto sent = w.turn();
  ASSERT_EQ(sent.cold.size(), 1u);
  EXPECT_EQ(sent.cold[0].request(), id);
  w.feed(never, [](auto& r) { r.mutable_devices(); });
  EXPECT_TRUE(w.replies.empty()) << "nobody asked that";
  w.feed(id, [](auto& r) { r.mutable_devices(); });
  EXPECT_EQ(w.replies.at(id), Code::kOk);
}

TEST(Requests, FailWithTheLinkOrTheClock) {
  World w;
  w.to_live();
  v1::ClientFrame f;
  f.mutable_get_vault();
  const uint64_t lost = w.engine.request(w.now, f);
  w.turn();
  w.engine.on_link_down(w.now, LinkLoss::kClosed);
  EXPECT_EQ(w.replies.at(lost), Code::kLocalUnreachable);
  const uint64_t waits = w.engine.request(w.now, f);
  w.at(w.now + 9'999);
  EXPECT_FALSE(w.replies.contains(waits));
  w.at(w.now + 1);
  EXPECT_EQ(w.replies.at(waits), Code::kLocalTimeout);
}

}  // namespace
}  // namespace fastchat::core
