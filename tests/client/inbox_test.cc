// Deduplication, acknowledgement after the write only, order, holes, late messages, restarts.
#include "tests/client/core_harness.h"

namespace fastchat::core {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Inbox, AcknowledgesOnlyWhatIsWritten) {
  World w;
  w.to_live();
  w.deliver(1, "a", 1);
  w.deliver(2, "a", 2);
  EXPECT_EQ(w.turn().ack_upto, 0u);
  EXPECT_THAT(w.shown, IsEmpty());
  w.commit();
  EXPECT_EQ(w.turn().ack_upto, 2u);
  EXPECT_THAT(w.shown, ElementsAre("a1", "a2"));
  EXPECT_EQ(w.turn().ack_upto, 0u);
}

TEST(Inbox, AcksAreCumulativeWhenWritesFinishOutOfTagOrder) {
  World w;
  w.to_live();
  w.deliver(1, "a", 1);
  w.downstream([](auto& d) { d.delivery(2, "garbage"); });
  w.commit();
  EXPECT_THAT(w.quarantine, ElementsAre("garbled"));
  EXPECT_EQ(w.turn().ack_upto, 2u) << "what cannot be read is acknowledged as well";
}

TEST(Inbox, ADuplicateIsAcknowledgedAgainAndShownOnce) {
  World w;
  w.to_live();
  w.deliver(1, "a", 1);
  w.deliver(2, "a", 1);  // before the first is written
  EXPECT_EQ(w.turn().ack_upto, 0u);
  w.commit();
  EXPECT_EQ(w.turn().ack_upto, 2u);
  w.deliver(3, "a", 1);  // after the write
  EXPECT_EQ(w.turn().ack_upto, 3u);
  EXPECT_THAT(w.shown, ElementsAre("a1"));
  EXPECT_EQ(w.drops, 2);
}

TEST(Inbox, TwoMessagesUnderOneIdentityRaiseAnAlarm) {
  World w;
  w.to_live();
  w.deliver(1, "a", 1, "x");
  w.deliver(2, "a", 1, "y");
  w.commit();
  w.deliver(3, "a", 1, "z");
  w.commit();
  EXPECT_EQ(w.quarantine.size(), 2u);
  EXPECT_THAT(w.shown, ElementsAre("a1"));
  EXPECT_EQ(w.turn().ack_upto, 3u);
}

TEST(Inbox, ACrashBetweenWriteAndAckShowsNothingTwice) {
  World first;
  first.to_live();
  first.deliver(1, "a", 1);
  first.commit();
  ASSERT_THAT(first.shown, ElementsAre("a1"));
  World second;  // the same disk, nothing was acknowledged
  second.marks = first.marks;
  second.disk_streams = first.disk_streams;
  second.to_live();
  second.deliver(1, "a", 1);
  second.deliver(2, "a", 2);
  second.commit();
  EXPECT_EQ(second.turn().ack_upto, 2u);
  EXPECT_THAT(second.shown, ElementsAre("a2"));
}

TEST(Inbox, HoldsBackUntilThePredecessorComes) {
  World w;
  w.to_live();
  w.deliver(1, "a", 1);
  w.deliver(2, "a", 3);
  w.deliver(3, "a", 4);
  w.commit();
  EXPECT_THAT(w.shown, ElementsAre("a1"));
  EXPECT_EQ(w.turn().ack_upto, 3u) << "held back is written, so it is acknowledged";
  w.deliver(4, "a", 2);
  w.commit();
  EXPECT_THAT(w.shown, ElementsAre("a1", "a2", "a3", "a4"));
}

TEST(Inbox, ShowsAHoleAfterTenSecondsAndWhatArrivesThenAsLate) {
  World w;
  w.to_live();
  w.deliver(1, "a", 1);
  w.deliver(2, "a", 4);
  w.deliver(3, "a", 6);
  w.commit();
  w.turn();
  const int64_t start = w.now;
  EXPECT_EQ(w.wake, start + 10'000);
  w.at(start + 10'000);
  EXPECT_THAT(w.shown, ElementsAre("a1")) << "not before it is written";
  w.commit();
  EXPECT_THAT(w.shown, ElementsAre("a1", "hole a2-3", "a4", "hole a5-5", "a6"));
  w.deliver(4, "a", 3);
  w.deliver(5, "a", 7);
  w.deliver(6, "a", 3);
  w.commit();
  EXPECT_THAT(w.shown, ElementsAre("a1", "hole a2-3", "a4", "hole a5-5", "a6", "late a3", "a7"));
  EXPECT_EQ(w.turn().ack_upto, 6u);
}

TEST(Inbox, TheClockOfAHoleStartsWithTheLiveSession) {
  World w;
  w.engine.start(w.now, World::credentials());
  w.to_draining();
  w.deliver(1, "a", 1);
  w.deliver(2, "a", 3);
  w.commit();
  w.at(w.now + 8'000);
  w.feed(0, [](auto& f) { f.mutable_pong(); });
  w.at(w.now + 8'000);
  w.feed(0, [](auto& f) { f.mutable_pong(); });
  w.commit();
  EXPECT_THAT(w.shown, ElementsAre("a1")) << "while draining, messages come in any order";
  w.drained();
  w.at(w.now + 9'999);
  w.commit();
  EXPECT_THAT(w.shown, ElementsAre("a1"));
  w.at(w.now + 1);
  w.commit();
  EXPECT_THAT(w.shown, ElementsAre("a1", "hole a2-2", "a3"));
}

TEST(Inbox, OnANewDeviceAStreamMayBeginInItsMiddle) {
  World w;
  w.engine.new_device_until(w.now + 60'000);
  w.engine.start(w.now, World::credentials());
  w.to_draining();
  w.deliver(1, "a", 58);
  w.deliver(2, "a", 57);
  w.drained();
  w.commit();
  EXPECT_THAT(w.shown, IsEmpty());
  w.turn();
  w.at(w.now + 2'999);
  w.commit();
  EXPECT_THAT(w.shown, IsEmpty()) << "a worker that died is not given up sooner";
  w.at(w.now + 1);
  w.commit();
  EXPECT_THAT(w.shown, ElementsAre("a57", "a58"));
  w.deliver(3, "a", 59);
  w.commit();
  EXPECT_THAT(w.shown, ElementsAre("a57", "a58", "a59"));
}

TEST(Inbox, ADeviceThatIsOlderThanAStreamWaitsForItsBeginning) {
  World w;
  w.engine.new_device_until(w.now);
  w.to_live();
  for (uint64_t seq = 3; seq <= 16; ++seq) w.deliver(seq - 2, "a", seq);
  w.commit();
  w.at(w.now + 9'000);
  w.deliver(15, "a", 1);
  w.deliver(16, "a", 2);
  w.commit();
  ASSERT_EQ(w.shown.size(), 16u);
  EXPECT_EQ(w.shown.front(), "a1");
  EXPECT_EQ(w.shown.back(), "a16");
}

TEST(Inbox, AStreamOfAGroupJoinedLaterBeginsAnywhere) {
  class Newcomer : public World {
   public:
    void open_envelope(uint64_t arrival, ByteView, v1::DeliveryKind) override {
      OpenResult opened;
      opened.verdict = Verdict::kMessage;
      opened.key = key("a", 41);
      opened.hash = "h";
      opened.begins_anywhere = true;
      engine.on_opened(now, arrival, std::move(opened));
    }
  } w;
  w.engine.new_device_until(0);
  w.to_live();
  w.deliver(1, "a", 41);
  w.commit();
  w.turn();
  w.at(w.now + 3'000);
  w.commit();
  EXPECT_THAT(w.shown, ElementsAre("a41"));
}

TEST(Inbox, ABeginningThatDoesNotComeIsAHole) {
  World first;
  first.engine.new_device_until(0);
  first.to_live();
  first.deliver(1, "a", 3);
  first.commit();
  World second;
  second.engine.new_device_until(0);
  second.marks = first.marks;
  second.disk_streams = first.disk_streams;
  second.engine.restore_stream(pad("from", 32), pad("a", 16), second.now);
  second.to_live();
  second.at(second.now + 9'999);
  second.commit();
  EXPECT_THAT(second.shown, IsEmpty());
  second.at(second.now + 1);
  second.commit();
  EXPECT_THAT(second.shown, ElementsAre("hole a1-2", "a3"));
}

TEST(Inbox, HeldMessagesSurviveARestart) {
  World first;
  first.to_live();
  first.deliver(1, "a", 1);
  first.deliver(2, "a", 3);
  first.commit();
  World second;
  second.marks = first.marks;
  second.disk_streams = first.disk_streams;
  second.engine.restore_stream(pad("from", 32), pad("a", 16), second.now);
  second.to_live();
  second.deliver(1, "a", 2);
  second.commit();
  EXPECT_THAT(second.shown, ElementsAre("a2", "a3"));
}

TEST(Inbox, TimeGoesOnBetweenRuns) {
  World first;
  first.engine.new_device_until(0);
  first.to_live();
  first.deliver(1, "a", 3);
  first.commit();
  World second;
  second.engine.new_device_until(0);
  second.marks = first.marks;
  second.disk_streams = first.disk_streams;
  second.engine.restore_stream(pad("from", 32), pad("a", 16), second.now - 10'000);
  second.at(second.now + 1);
  second.commit();
  EXPECT_THAT(second.shown, IsEmpty()) << "what is missing may be in the queue";
  second.to_live();
  second.at(second.now + 1);
  second.commit();
  EXPECT_THAT(second.shown, ElementsAre("hole a1-2", "a3"));
}

TEST(Inbox, WhatMayBeginAnywhereWaitsAsLongInManyShortRuns) {
  World first;
  first.engine.new_device_until(0);
  first.to_live();
  first.deliver(1, "a", 3);
  first.commit();
  World second;
  second.engine.new_device_until(0);
  second.marks = first.marks;
  second.disk_streams = first.disk_streams;
  second.to_live();
  second.engine.restore_stream(pad("from", 32), pad("a", 16), second.now - 2'000, true);
  second.at(second.now + 999);
  second.commit();
  EXPECT_THAT(second.shown, IsEmpty());
  second.at(second.now + 1);
  second.commit();
  EXPECT_THAT(second.shown, ElementsAre("a3"));
}

TEST(Inbox, HeldMessagesOfARestartTimeOutToo) {
  World first;
  first.to_live();
  first.deliver(1, "a", 1);
  first.deliver(2, "a", 3);
  first.commit();
  World second;
  second.marks = first.marks;
  second.disk_streams = first.disk_streams;
  second.engine.restore_stream(pad("from", 32), pad("a", 16), second.now);
  second.to_live();
  second.at(second.now + 10'000);
  second.commit();
  EXPECT_THAT(second.shown, ElementsAre("hole a2-2", "a3"));
}

TEST(Inbox, ADiskThatRefusesLeavesNothingAcknowledged) {
  World w;
  w.to_live();
  w.deliver(1, "a", 1);
  w.writes.clear();
  w.engine.on_write_failed(w.now, "disk full");
  EXPECT_EQ(w.engine.state(), LinkState::kOffline);
  EXPECT_EQ(w.note.code, Code::kLocalDisk);
  EXPECT_EQ(w.turn().ack_upto, 0u);
  w.reconnect();
  w.deliver(1, "a", 1);
  w.commit();
  EXPECT_EQ(w.turn().ack_upto, 1u);
  EXPECT_THAT(w.shown, ElementsAre("a1"));
}

TEST(Inbox, AWriteOfAnEarlierSessionAcknowledgesNothingInTheNext) {
  World w;
  w.to_live();
  w.deliver(1, "a", 1);
  w.engine.on_link_down(w.now, LinkLoss::kClosed);
  w.turn();
  w.reconnect();
  w.commit();
  EXPECT_EQ(w.turn().ack_upto, 0u);
  w.deliver(1, "a", 1);
  EXPECT_EQ(w.turn().ack_upto, 1u);
  EXPECT_THAT(w.shown, ElementsAre("a1"));
}

TEST(Inbox, DeliveriesThatAreNumberedWronglyEndTheLink) {
  World w;
  w.to_live();
  w.deliver(2, "a", 1);
  EXPECT_EQ(w.engine.state(), LinkState::kOffline);
}

TEST(Inbox, QuarantineWithAnIdentityKeepsItsPlaceInTheStream) {
  class Picky : public World {
   public:
    void open_envelope(uint64_t arrival, ByteView envelope, v1::DeliveryKind kind) override {
      if (envelope != "a|2|h") return World::open_envelope(arrival, envelope, kind);
      OpenResult opened;
      opened.key = key("a", 2);
      opened.hash = "h";
      opened.reason = "its body cannot be opened";
      engine.on_opened(now, arrival, std::move(opened));
    }
  } w;
  w.to_live();
  for (uint64_t n = 1; n <= 3; ++n) w.deliver(n, "a", n);
  w.commit();
  EXPECT_THAT(w.quarantine, ElementsAre("its body cannot be opened"));
  EXPECT_THAT(w.shown, ElementsAre("a1", "a2", "a3"));
  w.deliver(4, "a", 2);
  EXPECT_EQ(w.turn().ack_upto, 4u);
}

TEST(Inbox, TheOwnerHearsWhatTheWorkerSaysOfEachDelivery) {
  World w;
  w.to_live();
  w.downstream([](auto& d) {
    d.delivery(1, "a|1|h");
    d.delivery(2, "a|2|h", v1::TO_USER);
    d.delivery(3, "a|3|h", v1::TO_GROUP);
  });
  EXPECT_THAT(w.kinds, ElementsAre(v1::KIND_NOT_KNOWN, v1::TO_USER, v1::TO_GROUP));
}

TEST(Inbox, AQuarantinedMessageWithoutAnIdentityIsAcknowledgedAndTheMessageItselfStillComes) {
  class Strict : public World {
   public:
    void open_envelope(uint64_t arrival, ByteView envelope, v1::DeliveryKind kind) override {
      if (kind != v1::TO_USER) return World::open_envelope(arrival, envelope, kind);
      OpenResult opened;
      opened.reason = "a message to a group that was sent to you alone";
      engine.on_opened(now, arrival, std::move(opened));
    }
  } w;
  w.to_live();
  w.downstream([](auto& d) { d.delivery(1, "a|1|h", v1::TO_USER); });
  w.commit();
  EXPECT_THAT(w.quarantine, ElementsAre("a message to a group that was sent to you alone"));
  EXPECT_EQ(w.turn().ack_upto, 1u);
  EXPECT_THAT(w.shown, IsEmpty());
  w.downstream([](auto& d) { d.delivery(2, "a|1|h", v1::TO_GROUP); });
  w.commit();
  EXPECT_THAT(w.shown, ElementsAre("a1"));
}

TEST(Inbox, AnyOrderShowsEachStreamInOrderOnce) {
  uint32_t dice = 7;
  for (int round = 0; round < 200; ++round) {
    World w;
    w.to_live();
    std::vector<uint64_t> order;
    for (uint64_t n = 1; n <= 20; ++n) order.insert(order.end(), {n, n});
    for (size_t i = order.size() - 1; i > 0; --i) {
      dice = dice * 1103515245 + 12345;
      std::swap(order[i], order[dice % (i + 1)]);
    }
    uint64_t tag = 0;
    std::vector<std::string> want;
    for (uint64_t n = 1; n <= 20; ++n) want.push_back("a" + std::to_string(n));
    for (uint64_t n : order) {
      w.deliver(++tag, "a", n);
      dice = dice * 1103515245 + 12345;
      if (dice >> 20 & 1) w.commit();
    }
    w.commit();
    EXPECT_EQ(w.turn().ack_upto, 40u);
    EXPECT_EQ(w.shown, want);
  }
}

}  // namespace
}  // namespace fastchat::core
