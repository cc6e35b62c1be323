// The fate of a message of ours to a group: its receipt, the members that get it later, and the effects of a restart, a
// lost link or an old epoch.
#include "tests/client/core_harness.h"

namespace fastchat::core {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

void group_receipt(World& w, uint64_t ref, uint64_t delivered, const std::vector<uint64_t>& waiting = {}) {
  w.downstream([&](auto& d) { d.group(ref, delivered, waiting.size(), waiting.data()); });
}

void answer_query(World& w, const World::Sent& sent, uint64_t ref, v1::MessageState state,
                  const std::vector<uint64_t>& waiting = {}) {
  for (const auto& f : sent.cold) {
    if (!f.has_query()) continue;
    w.feed(f.request(), [&](auto& reply) {
      auto& s = *reply.mutable_query()->add_status();
      s.set_ref(ref);
      s.set_state(state);
      s.set_queued_members(waiting.size());
      s.mutable_waiting()->Add(waiting.begin(), waiting.end());
    });
    return;
  }
  FAIL() << "no question was asked";
}

TEST(GroupOutbox, SendsWithTheGroupAndItsEpoch) {
  World w;
  w.to_live();
  w.engine.submit(w.to_group(1, 4));
  const auto sent = w.turn();
  EXPECT_THAT(sent.refs, ElementsAre(1));
  EXPECT_THAT(sent.groups, ElementsAre(Pair(pad("team", 32), 4)));
}

TEST(GroupOutbox, IsDoneAtOnceWhenEveryMemberHasIt) {
  World w;
  w.to_live();
  w.engine.submit(w.to_group(1));
  w.turn();
  group_receipt(w, 1, 3);
  EXPECT_THAT(w.receipts, ElementsAre("delivered 1: 3+0"));
  EXPECT_EQ(w.engine.open_messages(), 0u);
}

TEST(GroupOutbox, StaysOpenUntilEachMemberHasItAndCountsAMemberOnce) {
  World w;
  w.to_live();
  w.engine.submit(w.to_group(1));
  w.turn();
  group_receipt(w, 1, 1, {7, 8});
  EXPECT_EQ(w.engine.unaccepted(), 0u);
  w.downstream([](auto& d) { d.stored(11, 1, 7); });
  w.downstream([](auto& d) { d.stored(12, 1, 7); });
  EXPECT_EQ(w.engine.open_messages(), 1u);
  w.downstream([](auto& d) { d.stored(13, 1, 8); });
  EXPECT_EQ(w.engine.open_messages(), 0u);
  w.downstream([](auto& d) { d.stored(13, 1, 8); });
  EXPECT_THAT(w.receipts, ElementsAre("queued 1: 1+2", "queued 1: 2+1 by 7", "queued 1: 2+1 by 7",
                                      "delivered 1: 3+0 by 8", "delivered 1 by 8"));
  EXPECT_THAT(w.stored, ElementsAre(11, 12, 13, 13));
}

TEST(GroupOutbox, PlainReceiptsDoNotEndIt) {
  World w;
  w.to_live();
  w.engine.submit(w.to_group(1));
  w.turn();
  w.downstream([](auto& d) {
    d.queued(1);
    d.delivered(1);
  });
  EXPECT_THAT(w.receipts, IsEmpty());
  EXPECT_EQ(w.engine.unaccepted(), 1u);
}

TEST(GroupOutbox, AStoredReceiptThatOvertakesTheReceiptCountsAfterIt) {
  World w;
  w.to_live();
  w.engine.submit(w.to_group(1));
  w.turn();
  w.downstream([](auto& d) { d.stored(11, 1, 7); });
  EXPECT_THAT(w.receipts, IsEmpty()) << "the message is not accepted yet";
  group_receipt(w, 1, 1, {7, 8});
  EXPECT_THAT(w.receipts, ElementsAre("queued 1: 1+2", "queued 1: 2+1 by 7"));
}

TEST(GroupOutbox, AnUnwrittenEarlyReceiptIsForgottenWithItsSession) {
  World w;
  w.to_live();
  w.engine.submit(w.to_group(1));
  w.turn();
  w.downstream([](auto& d) { d.stored(11, 1, 7); });
  w.engine.on_link_down(w.now, LinkLoss::kClosed);
  w.turn();
  w.reconnect();
  answer_query(w, w.turn(), 1, v1::PENDING);
  group_receipt(w, 1, 2, {7});
  EXPECT_THAT(w.receipts, ElementsAre("queued 1: 2+1"));
}

TEST(GroupOutbox, EarlyReceiptsOfARefusedMessageAreAcknowledged) {
  World w;
  w.to_live();
  w.engine.submit(w.to_group(1));
  w.turn();
  w.downstream([](auto& d) { d.stored(11, 1, 7); });
  w.downstream([](auto& d) { d.rejected(1, v1::NOT_ALLOWED, 0); });
  EXPECT_THAT(w.stored, ElementsAre(11));
  EXPECT_EQ(w.engine.open_messages(), 0u);
}

TEST(GroupOutbox, AfterARestartTheMembersThatHaveItAreNotCountedAgain) {
  World w;
  Outgoing o = w.to_group(1);
  o.queued = true;
  o.envelope.clear();
  o.delivered = 2;
  o.waiting = {8};
  o.have = {7};
  w.engine.restore_outgoing(o);
  w.to_live();
  w.downstream([](auto& d) { d.stored(11, 1, 7); });
  EXPECT_EQ(w.engine.open_messages(), 1u);
  w.downstream([](auto& d) { d.stored(12, 1, 8); });
  EXPECT_THAT(w.receipts, ElementsAre("queued 1: 2+1 by 7", "delivered 1: 3+0 by 8"));
}

// A member with two devices: one had the message at once, the other later.
TEST(GroupOutbox, AStoredReceiptOfWhoWasNotWaitingCountsNobody) {
  World w;
  w.to_live();
  w.engine.submit(w.to_group(1));
  w.turn();
  group_receipt(w, 1, 2, {8});
  w.downstream([](auto& d) { d.stored(11, 1, 7); });
  EXPECT_THAT(w.receipts, ElementsAre("queued 1: 2+1", "queued 1: 2+1 by 7"));
}

TEST(GroupOutbox, WhenItsReceiptWasLostTheAnswerNamesWhoWaits) {
  World w;
  w.to_live();
  w.engine.submit(w.to_group(1));
  w.turn();
  w.engine.on_link_down(w.now, LinkLoss::kClosed);
  w.turn();
  w.reconnect();
  const auto sent = w.turn();
  w.downstream([](auto& d) { d.stored(11, 1, 7); });
  answer_query(w, sent, 1, v1::QUEUED, {7, 8});
  w.downstream([](auto& d) { d.stored(12, 1, 8); });
  EXPECT_THAT(w.receipts, ElementsAre("queued 1: 1+2", "queued 1: 2+1 by 7", "delivered 1: 3+0 by 8"));
}

TEST(GroupOutbox, AnAnswerOlderThanAStoredReceiptDoesNotMakeItsMemberWait) {
  World w;
  w.to_live();
  w.engine.submit(w.to_group(1));
  w.turn();
  group_receipt(w, 1, 1, {7, 8});
  w.engine.on_link_down(w.now, LinkLoss::kClosed);
  w.turn();
  w.reconnect();
  const auto sent = w.turn();
  w.downstream([](auto& d) { d.stored(11, 1, 7); });
  answer_query(w, sent, 1, v1::QUEUED, {7, 8});
  EXPECT_EQ(w.receipts.back(), "queued 1: 2+1");
  w.downstream([](auto& d) { d.stored(12, 1, 8); });
  EXPECT_EQ(w.receipts.back(), "delivered 1: 3+0 by 8");
}

TEST(GroupOutbox, SentAgainTheNewReceiptReplacesTheOldCounts) {
  World w;
  w.to_live();
  w.engine.submit(w.to_group(1));
  w.turn();
  group_receipt(w, 1, 0, {6, 7, 8});
  w.engine.on_link_down(w.now, LinkLoss::kClosed);
  w.turn();
  w.reconnect();
  w.envelopes[1] = "again";
  answer_query(w, w.turn(), 1, v1::UNKNOWN);
  EXPECT_THAT(w.turn().refs, ElementsAre(1));
  group_receipt(w, 1, 1, {6, 8});
  EXPECT_EQ(w.receipts.back(), "queued 1: 1+2");
}

TEST(GroupOutbox, AStaleEpochIsTheOwnersToSealAnew) {
  World w;
  w.to_live();
  w.engine.submit(w.to_group(1));
  w.turn();
  w.downstream([](auto& d) { d.rejected(1, v1::STALE_EPOCH, 0); });
  EXPECT_THAT(w.receipts, ElementsAre("stale 1"));
  EXPECT_EQ(w.engine.open_messages(), 0u);
}

TEST(GroupOutbox, WhoIsNotInTheGroupIsToldSo) {
  World w;
  w.to_live();
  w.engine.submit(w.to_group(1));
  w.engine.submit(w.to_group(2));
  w.turn();
  w.downstream([](auto& d) {
    d.rejected(1, v1::NOT_ALLOWED, 0);
    d.rejected(2, v1::UNKNOWN_GROUP, 0);
  });
  EXPECT_THAT(w.receipts, ElementsAre("failed 1", "failed 2"));
}

TEST(GroupOutbox, ChangesOfGroupsReachTheOwner) {
  World w;
  w.to_live();
  w.feed(0, [](auto& f) {
    f.mutable_group_changed()->set_group_id(pad("team", 32));
    f.mutable_group_changed()->set_epoch(3);
  });
  EXPECT_THAT(w.changed_groups, ElementsAre(Pair(pad("team", 32), 3)));
}

}  // namespace
}  // namespace fastchat::core
