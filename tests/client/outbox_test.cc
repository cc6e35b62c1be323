// The fate of a message of ours: every receipt, rejection and answer, and the order of sending.
#include "tests/client/core_harness.h"

namespace fastchat::core {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

void query_reply(World& w, const std::vector<std::pair<uint64_t, v1::MessageState>>& states, uint64_t request) {
  w.feed(request, [&](auto& f) {
    f.mutable_query();
    for (auto [ref, state] : states) {
      auto& s = *f.mutable_query()->add_status();
      s.set_ref(ref);
      s.set_state(state);
    }
  });
}

const v1::ClientFrame* find_query(const World::Sent& sent) {
  for (const auto& f : sent.cold) {
    if (f.has_query()) return &f;
  }
  return nullptr;
}

TEST(Outbox, SendsInOneFrameWhatOneTurnProduced) {
  World w;
  w.to_live();
  for (uint64_t ref = 1; ref <= 3; ++ref) w.engine.submit(w.outgoing(ref));
  auto sent = w.turn();
  EXPECT_THAT(sent.refs, ElementsAre(1, 2, 3));
  EXPECT_EQ(sent.traffic_frames, 1u);
  EXPECT_THAT(w.turn().refs, IsEmpty());
}

TEST(Outbox, NeverHasMoreWithoutReceiptThanTheWindow) {
  World w;
  w.to_live(2);
  for (uint64_t ref = 1; ref <= 5; ++ref) w.engine.submit(w.outgoing(ref));
  EXPECT_THAT(w.turn().refs, ElementsAre(1, 2));
  w.downstream([](auto& d) { d.queued(1); });
  EXPECT_THAT(w.turn().refs, ElementsAre(3));
  w.downstream([](auto& d) {
    d.delivered(2);
    d.delivered(3);
  });
  EXPECT_THAT(w.turn().refs, ElementsAre(4, 5));
  EXPECT_THAT(w.receipts, ElementsAre("queued 1", "delivered 2", "delivered 3"));
}

TEST(Outbox, QueuedIsFollowedByDeliveredAndNeverTheReverse) {
  World w;
  w.to_live();
  w.engine.submit(w.outgoing(1));
  w.turn();
  w.downstream([](auto& d) { d.queued(1); });
  w.downstream([](auto& d) { d.queued(1); });
  EXPECT_EQ(w.engine.open_messages(), 1u);
  EXPECT_EQ(w.engine.unaccepted(), 0u);
  w.downstream([](auto& d) { d.delivered(1); });
  w.downstream([](auto& d) { d.queued(1); });
  EXPECT_THAT(w.receipts, ElementsAre("queued 1", "delivered 1"));
  EXPECT_EQ(w.engine.open_messages(), 0u);
}

TEST(Outbox, StoredReceiptsAreAcknowledgedOnlyOnceWritten) {
  World w;
  w.to_live();
  w.downstream([](auto& d) { d.stored(9, 4); });
  EXPECT_THAT(w.stored, ElementsAre(9));
  EXPECT_THAT(w.turn().receipt_acks, IsEmpty());
  w.engine.on_receipt_written(9);
  EXPECT_THAT(w.turn().receipt_acks, ElementsAre(9));
  EXPECT_THAT(w.turn().receipt_acks, IsEmpty());
}

TEST(Outbox, AsksAfterAReconnectAndSendsAgainWhatIsUnknownInOrder) {
  World w;
  w.to_live();
  for (uint64_t ref = 1; ref <= 4; ++ref) w.engine.submit(w.outgoing(ref));
  w.turn();
  w.downstream([](auto& d) { d.queued(2); });
  w.engine.on_link_down(w.now, LinkLoss::kClosed);
  w.engine.submit(w.outgoing(5));
  w.turn();
  w.reconnect();
  auto sent = w.turn();
  const v1::ClientFrame* query = find_query(sent);
  ASSERT_NE(query, nullptr);
  EXPECT_EQ(query->query().open_size(), 4);
  EXPECT_THAT(sent.refs, IsEmpty()) << "5 may not overtake its stream";
  w.envelopes[2] = "again";
  query_reply(w, {{1, v1::UNKNOWN}, {2, v1::UNKNOWN}, {3, v1::PENDING}, {4, v1::QUEUED}}, query->request());
  EXPECT_THAT(w.turn().refs, ElementsAre(1, 2, 5));
  EXPECT_THAT(w.loaded, ElementsAre(2)) << "an accepted message stays on disk only";
  EXPECT_THAT(w.receipts, ElementsAre("queued 2", "queued 4"));
}

TEST(Outbox, OtherConversationsDoNotWaitForAnAnswer) {
  World w;
  w.to_live();
  w.engine.submit(w.outgoing(1, "a", 1));
  w.turn();
  w.engine.on_link_down(w.now, LinkLoss::kClosed);
  w.turn();
  w.reconnect();
  w.engine.submit(w.outgoing(2, "b", 1));
  w.engine.submit(w.outgoing(3, "a", 2));
  EXPECT_THAT(w.turn().refs, ElementsAre(2));
}

TEST(Outbox, ANewStreamOfAConversationBeginsOnceTheOneBeforeIsAccepted) {
  World w;
  w.to_live();
  auto in_new = [&](uint64_t ref, uint64_t seq) {
    Outgoing o = w.outgoing(ref, "s", seq);
    o.stream = pad("new", 16);
    return o;
  };
  w.engine.submit(w.outgoing(1));
  w.engine.submit(w.outgoing(2));
  w.engine.submit(in_new(3, 1));
  w.engine.submit(in_new(4, 2));
  EXPECT_THAT(w.turn().refs, ElementsAre(1, 2));
  w.downstream([](auto& d) { d.queued(1); });
  EXPECT_THAT(w.turn().refs, IsEmpty()) << "3 would overtake 2";
  w.engine.on_link_down(w.now, LinkLoss::kClosed);
  w.turn();
  w.reconnect();
  auto sent = w.turn();
  EXPECT_THAT(sent.refs, IsEmpty());
  query_reply(w, {{1, v1::QUEUED}, {2, v1::UNKNOWN}}, find_query(sent)->request());
  EXPECT_THAT(w.turn().refs, ElementsAre(2));
  w.downstream([](auto& d) { d.delivered(2); });
  EXPECT_THAT(w.turn().refs, ElementsAre(3, 4));
}

TEST(Outbox, AConflictGivesTheRestOfItsStreamBackToBeSealedAnew) {
  World w;
  w.to_live();
  w.engine.submit(w.outgoing(1, "a", 1));
  for (uint64_t ref = 2; ref <= 4; ++ref) w.engine.submit(w.outgoing(ref));
  w.engine.submit(w.outgoing(5, "b", 9));
  w.turn();
  w.downstream([](auto& d) {
    d.queued(2);
    d.queued(4);
    d.rejected(3, v1::CONFLICT, 0);
  });
  EXPECT_THAT(w.receipts, ElementsAre("queued 2", "queued 4", "conflict 3", "conflict 4"))
      << "what went out before it is read, what follows it would not be";
  EXPECT_EQ(w.engine.open_messages(), 3u);
  w.downstream([](auto& d) { d.delivered(4); });
  EXPECT_EQ(w.receipts.size(), 4u) << "nobody is told that it arrived";
}

TEST(Outbox, WhatIsQueuedIsAskedAboutAgainMoreAndMoreSlowly) {
  Config config = World::config();
  config.measure_every_ms = 0;
  World w(config);
  w.to_live();
  for (uint64_t ref = 1; ref <= 3; ++ref) w.engine.submit(w.outgoing(ref));
  w.turn();
  w.downstream([](auto& d) {
    for (uint64_t ref = 1; ref <= 3; ++ref) d.queued(ref);
  });
  std::vector<int64_t> asked_at;
  const int64_t began = w.now;
  while (asked_at.size() < 8) {
    auto sent = w.at(w.wake);
    for (const auto& frame : sent.cold) {
      if (frame.has_ping()) w.pong();
      if (!frame.has_query()) continue;
      asked_at.push_back(w.now - began);
      query_reply(w, {{1, v1::QUEUED}, {2, v1::QUEUED}, {3, v1::QUEUED}}, frame.request());
    }
  }
  EXPECT_THAT(asked_at, ElementsAre(120'000, 360'000, 840'000, 1'800'000, 3'600'000, 5'400'000, 7'200'000, 9'000'000));
}

TEST(Outbox, WhatAServerLostAfterItWasQueuedIsSentAgainWithoutAReconnect) {
  World w;
  w.to_live();
  for (uint64_t ref = 1; ref <= 300; ++ref) w.engine.submit(w.outgoing(ref));
  w.turn();
  w.downstream([](auto& d) {
    for (uint64_t ref = 1; ref <= 300; ++ref) d.queued(ref);
  });
  World::Sent sent;
  while (find_query(sent) == nullptr) {
    sent = w.at(w.wake);
    if (!sent.cold.empty() && sent.cold.front().has_ping()) w.pong();
  }
  EXPECT_EQ(find_query(sent)->query().open_size(), 256) << "the oldest";
  w.envelopes[7] = "again";
  std::vector<std::pair<uint64_t, v1::MessageState>> answer;
  for (uint64_t ref = 1; ref <= 256; ++ref) answer.emplace_back(ref, ref == 7 ? v1::UNKNOWN : v1::QUEUED);
  query_reply(w, answer, find_query(sent)->request());
  sent = w.turn();
  EXPECT_THAT(sent.refs, ElementsAre(7));
  ASSERT_NE(find_query(sent), nullptr) << "most likely it lost others as well";
  EXPECT_EQ(find_query(sent)->query().open_size(), 299);
}

TEST(Outbox, WhatWasOnDiskIsAskedAboutFirst) {
  World w;
  Outgoing restored = w.outgoing(7);
  w.envelopes[7] = restored.envelope;
  restored.envelope.clear();
  w.engine.restore_outgoing(restored);
  w.engine.start(w.now, World::credentials());
  w.to_attaching();
  w.engine.on_link_up(w.now);
  w.attached();
  auto sent = w.turn();
  const v1::ClientFrame* query = find_query(sent);
  ASSERT_NE(query, nullptr);
  query_reply(w, {{7, v1::UNKNOWN}}, query->request());
  EXPECT_THAT(w.turn().refs, ElementsAre(7));
}

TEST(Outbox, AReceiptThatDoesNotComeIsAskedForAfterTenSeconds) {
  World w;
  w.to_live();
  const int64_t start = w.now;
  w.engine.submit(w.outgoing(1));
  w.turn();
  EXPECT_EQ(find_query(w.at(start + 9'999)), nullptr);
  auto sent = w.at(start + 10'000);
  const v1::ClientFrame* query = find_query(sent);
  ASSERT_NE(query, nullptr);
  query_reply(w, {{1, v1::PENDING}}, query->request());
  w.turn();
  EXPECT_EQ(find_query(w.at(start + 19'999)), nullptr);
  EXPECT_NE(find_query(w.at(start + 20'000)), nullptr);
}

TEST(Outbox, AnUnansweredOrRefusedQueryIsRepeated) {
  World w;
  w.to_live();
  w.engine.submit(w.outgoing(1));
  w.turn();
  auto sent = w.at(w.now + 10'000);
  ASSERT_NE(find_query(sent), nullptr);
  w.feed_error(find_query(sent)->request(), v1::BUSY);
  EXPECT_EQ(find_query(w.turn()), nullptr);
  sent = w.at(w.now + 500);
  ASSERT_NE(find_query(sent), nullptr);
  w.at(w.now + 10'000);
  w.feed(0, [](auto& f) { f.mutable_pong(); });
  w.at(w.wake);
  sent = w.at(w.wake);
  EXPECT_EQ(w.engine.state(), LinkState::kLive);
}

TEST(Outbox, BusyKeepsTheMessageAndItsStreamInOrder) {
  World w;
  w.to_live();
  w.engine.submit(w.outgoing(1));
  w.turn();
  w.downstream([](auto& d) { d.rejected(1, v1::BUSY, 2'000); });
  w.engine.submit(w.outgoing(2));
  EXPECT_THAT(w.turn().refs, IsEmpty());
  EXPECT_EQ(w.wake, w.now + 2'000);
  EXPECT_THAT(w.at(w.now + 2'000).refs, ElementsAre(1, 2));
  EXPECT_THAT(w.receipts, IsEmpty());
}

TEST(Outbox, FinalRejectionsAreToldAndForgotten) {
  for (auto code : {v1::UNKNOWN_USER, v1::TOO_LARGE, v1::RECIPIENT_FULL, v1::NOT_ALLOWED}) {
    World w;
    w.to_live();
    w.engine.submit(w.outgoing(1));
    w.turn();
    w.downstream([&](auto& d) { d.rejected(1, code, 0); });
    EXPECT_THAT(w.receipts, ElementsAre("failed 1"));
    EXPECT_EQ(w.engine.open_messages(), 0u);
    w.at(w.now + 60'000);
    EXPECT_THAT(w.receipts, ElementsAre("failed 1"));
  }
}

TEST(Outbox, SplitsWhatDoesNotFitOneFrame) {
  Config c = World::config();
  c.window = 4096;
  World w(c);
  w.to_live(4096);
  for (uint64_t ref = 1; ref <= 1500; ++ref) w.engine.submit(w.outgoing(ref));
  auto sent = w.turn();
  EXPECT_EQ(sent.refs.size(), 1500u);
  EXPECT_EQ(sent.traffic_frames, 2u);
  for (uint64_t ref = 2001; ref <= 2100; ++ref) {
    Outgoing big = w.outgoing(ref);
    big.envelope = Bytes(wire::kMaxEnvelope, 'x');
    w.engine.submit(std::move(big));
  }
  sent = w.turn();
  EXPECT_EQ(sent.refs.size(), 100u);
  EXPECT_GE(sent.traffic_frames, 3u);
}

TEST(Outbox, EverythingIsEventuallyAcceptedOverManyReconnects) {
  World w;
  w.to_live(64);
  for (uint64_t ref = 1; ref <= 500; ++ref) {
    w.envelopes[ref] = "e";
    w.engine.submit(w.outgoing(ref, ref % 2 ? "a" : "b"));
  }
  std::map<uint64_t, int> accepted;
  uint32_t dice = 1;
  for (int round = 0; round < 2000 && w.engine.open_messages() > 0; ++round) {
    auto sent = w.at(std::max(w.now, std::min(w.wake, w.now + 1'000)));
    if (w.engine.state() == LinkState::kBrokerHello) {
      w.to_attaching();
      w.engine.on_link_up(w.now);
      w.attached(64);
      w.drained();
      continue;
    }
    if (const v1::ClientFrame* q = find_query(sent)) {
      std::vector<std::pair<uint64_t, v1::MessageState>> states;
      for (const auto& open : q->query().open()) {
        states.emplace_back(open.ref(), accepted.contains(open.ref()) ? v1::QUEUED : v1::UNKNOWN);
      }
      query_reply(w, states, q->request());
    }
    for (uint64_t ref : sent.refs) {
      dice = dice * 1103515245 + 12345;
      if (dice >> 16 & 1) accepted[ref]++;
      if ((dice >> 17 & 7) == 0) w.engine.on_link_down(w.now, LinkLoss::kClosed);
      if (w.engine.state() != LinkState::kLive) break;
      if (accepted.contains(ref)) w.downstream([&](auto& d) { d.delivered(ref); });
    }
    for (auto& [ref, n] : accepted) {
      if (w.engine.state() == LinkState::kLive) w.downstream([&, r = ref](auto& d) { d.delivered(r); });
    }
  }
  EXPECT_EQ(w.engine.open_messages(), 0u);
}

}  // namespace
}  // namespace fastchat::core
