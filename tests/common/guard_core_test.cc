#include "common/guard_core.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fastchat {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class GuardTest : public ::testing::Test {
 protected:
  GuardTest() : guard_(limits()) {}
  static GuardLimits limits() {
    return {.max_connections = 4,
            .max_per_address = 2,
            .hello_us = 100,
            .hello_bytes = 500,
            .stall_bytes = 1000,
            .linger_us = 5};
  }
  // Allows ten connections of an address at once, then one every 10 us. A flood counts as nine connections.
  static GuardLimits strict() {
    GuardLimits out = limits();
    out.address_burst = 10;
    out.address_every_us = 10;
    out.offence_connections = 9;
    out.address_wait_us = 1000;
    return out;
  }
  void accept(int fd, int64_t now, const std::string& address = "") {
    guard_.accepted(fd, "peer " + std::to_string(fd), address.empty() ? "address" + std::to_string(fd) : address, now);
  }
  std::vector<int> killed(int64_t now) {
    std::vector<int> fds;
    for (const auto& kill : guard_.kills(now)) fds.push_back(kill.fd);
    return fds;
  }
  GuardCore guard_;
};

TEST_F(GuardTest, EndsTheConnectionsOverTheTotal) {
  for (int fd = 1; fd <= 5; ++fd) accept(fd, 0);
  const auto kills = guard_.kills(0);
  ASSERT_EQ(kills.size(), 1u);
  EXPECT_EQ(kills[0].fd, 5);
  EXPECT_EQ(kills[0].peer, "peer 5");
  EXPECT_EQ(kills[0].reason, GuardReason::kTotal);
  EXPECT_THAT(killed(0), IsEmpty());
  guard_.disconnected(1);
  guard_.disconnected(5);
  accept(6, 0);
  EXPECT_THAT(killed(0), IsEmpty());
}

TEST_F(GuardTest, EndsTheConnectionsOverAnAddressesShare) {
  accept(1, 0, "a");
  accept(2, 0, "a");
  accept(3, 0, "b");
  accept(4, 0, "a");
  EXPECT_THAT(killed(0), ElementsAre(4));
  guard_.disconnected(4);
  guard_.disconnected(1);
  accept(5, 0, "a");
  EXPECT_THAT(killed(0), IsEmpty());
}

// Each handshake costs the server much work, and a client can end a handshake at no cost.
TEST_F(GuardTest, AnAddressConnectsNoFasterThanItsPace) {
  GuardLimits pace = limits();
  pace.address_burst = 3;
  pace.address_every_us = 10;
  GuardCore guard(pace);
  const auto connects = [&](const std::string& address, int64_t now) {
    guard.accepted(1, "peer", address, now);
    const bool ended = !guard.kills(now).empty();
    guard.disconnected(1);
    return !ended;
  };
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(connects("a", 0));
  EXPECT_FALSE(connects("a", 0));
  EXPECT_FALSE(connects("a", 9));
  EXPECT_TRUE(connects("b", 9));
  EXPECT_TRUE(connects("a", 10));
  EXPECT_FALSE(connects("a", 10)) << "what is refused earns nothing";
  EXPECT_EQ(guard.counters().over_address, 3u);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(connects("a", 40));
}

// All clients behind a proxy share its address; the operator then raises max_per_address.
TEST_F(GuardTest, ThePaceGrowsWithTheConnectionsOfAnAddress) {
  GuardLimits many = limits();
  many.max_connections = many.max_per_address = 50;
  many.address_burst = 5;
  many.address_every_us = 100;
  GuardCore guard(many);
  const auto open_50 = [&](int64_t now) {
    for (int fd = 1; fd <= 50; ++fd) guard.accepted(fd, "peer", "a", now);
    const size_t ended = guard.kills(now).size();
    for (int fd = 1; fd <= 50; ++fd) guard.disconnected(fd);
    return 50 - ended;
  };
  EXPECT_EQ(open_50(0), 50u);
  EXPECT_EQ(open_50(250), 25u);
  EXPECT_EQ(open_50(1000), 50u);
}

TEST_F(GuardTest, WhoFloodsConnectsMoreSlowlyForATime) {
  for (const auto& [wait_us, again_us] : {std::pair<int64_t, int64_t>{1000, 50}, {30, 40}}) {
    GuardLimits pace = limits();
    pace.address_burst = 10;
    pace.address_every_us = 10;
    pace.offence_connections = 6;
    pace.address_wait_us = wait_us;
    GuardCore guard(pace);
    const auto floods = [&](int64_t now) {
      guard.accepted(1, "peer", "a", now);
      guard.sampled(1, 501, now);
      guard.sampled(1, 502, now);
      const auto kills = guard.kills(now);
      guard.disconnected(1);
      return kills.size() == 1 && kills[0].reason == GuardReason::kStalled;
    };
    EXPECT_TRUE(floods(0));  // counts as 7 of 10
    EXPECT_TRUE(floods(0));  // as 14: the last one may owe more than the burst, but no more than the wait
    EXPECT_FALSE(floods(0));
    EXPECT_FALSE(floods(again_us - 1));
    EXPECT_TRUE(floods(again_us));
    EXPECT_EQ(guard.counters().stalled, 3u);
  }
}

TEST_F(GuardTest, AFloodAfterTheHelloIsFinedAndSoIsOneThatTheOwnerSaw) {
  for (const bool owner_saw : {false, true}) {
    GuardCore guard(strict());
    guard.accepted(1, "peer", "a", 0);
    guard.seen(77, 1, -1);
    if (owner_saw) {
      guard.end(77, 0, true);
    } else {
      guard.sampled(1, 5'000, 0);
      for (int round = 0; round < 2; ++round) guard.progressed({});
      guard.sampled(1, 6'000, 0);
    }
    ASSERT_EQ(guard.kills(5).size(), 1u);
    guard.disconnected(1);
    guard.accepted(2, "peer", "a", 5);  // the tenth connection
    guard.accepted(3, "peer", "b", 5);
    const auto kills = guard.kills(5);
    ASSERT_EQ(kills.size(), 1u);
    EXPECT_EQ(kills[0].fd, 2);
    EXPECT_EQ(kills[0].reason, GuardReason::kAddress);
    guard.disconnected(2);
    guard.accepted(4, "peer", "a", 10);
    EXPECT_THAT(guard.kills(10), IsEmpty());
  }
}

TEST_F(GuardTest, WhoIsEndedForAnotherReasonIsNotFined) {
  GuardCore guard(strict());
  guard.accepted(1, "peer", "a", 0);
  guard.seen(77, 1, -1);
  guard.end(77, 0);
  ASSERT_EQ(guard.kills(5).size(), 1u);
  guard.disconnected(1);
  for (int fd = 2; fd <= 9; ++fd) {
    guard.accepted(fd, "peer", "a", 5);
    guard.disconnected(fd);
  }
  EXPECT_EQ(guard.counters().over_address, 0u);
}

TEST_F(GuardTest, EndsWhoNeverSaysHello) {
  accept(1, 0);
  accept(2, 0);
  guard_.seen(77, 2, -1);
  EXPECT_THAT(killed(99), IsEmpty());
  EXPECT_THAT(killed(100), ElementsAre(1));
  EXPECT_EQ(guard_.counters().no_hello, 1u);
}

TEST_F(GuardTest, DoesNotHoldADeadlineAgainstTheNextOwnerOfADescriptor) {
  accept(1, 0);
  guard_.disconnected(1);
  accept(1, 50);
  EXPECT_THAT(killed(100), IsEmpty());
  EXPECT_THAT(killed(150), ElementsAre(1));
}

TEST_F(GuardTest, EndsWhoSendsWithoutFinishingAMessage) {
  accept(1, 0);
  guard_.seen(77, 1, -1);
  guard_.progressed({77});
  guard_.sampled(1, 0, 0);
  guard_.sampled(1, 1001, 0);
  EXPECT_THAT(killed(20), IsEmpty());
  guard_.progressed({});
  guard_.sampled(1, 2000, 0);
  EXPECT_THAT(killed(30), IsEmpty());
  guard_.progressed({});
  guard_.sampled(1, 2001, 0);
  EXPECT_THAT(killed(40), ElementsAre(1));
  EXPECT_EQ(guard_.counters().ended(), 1u);
}

TEST_F(GuardTest, SparesWhoFinishedALotBetweenTwoSamplesAndIsSilentSince) {
  accept(1, 0);
  guard_.seen(77, 1, -1);
  guard_.sampled(1, 100, 0);
  guard_.progressed({77});  // read 30,000 bytes in whole messages, all received since that sample
  guard_.sampled(1, 30'100, 0);
  for (int i = 0; i < 5; ++i) {
    guard_.progressed({});
    guard_.sampled(1, 30'100 + i * 9, 0);  // heartbeats
    EXPECT_THAT(killed(20 + i), IsEmpty());
  }
  guard_.sampled(1, 31'200, 0);
  guard_.progressed({});
  guard_.progressed({});
  guard_.sampled(1, 31'201, 0);
  EXPECT_THAT(killed(30), ElementsAre(1)) << "what comes after that counts again";
}

TEST_F(GuardTest, WaitsForAnOwnerThatIsBusy) {
  accept(1, 0);
  guard_.seen(77, 1, -1);
  for (int i = 1; i < 50; ++i) guard_.sampled(1, i * 5000, 0);
  EXPECT_THAT(killed(50), IsEmpty());
  guard_.progressed({77});
  guard_.progressed({});
  guard_.progressed({});
  guard_.sampled(1, 245'900, 0);
  EXPECT_THAT(killed(60), IsEmpty());
}

TEST_F(GuardTest, EndsWhoFloodsBeforeItsFirstMessageAtOnce) {
  accept(1, 0);
  guard_.sampled(1, 1001, 0);
  EXPECT_THAT(killed(10), ElementsAre(1));
}

TEST_F(GuardTest, AConnectionMaySendLittleBeforeItsFirstMessage) {
  accept(1, 0);
  guard_.sampled(1, 500, 0);
  EXPECT_THAT(killed(10), IsEmpty());
  guard_.sampled(1, 501, 0);
  EXPECT_THAT(killed(10), ElementsAre(1));
}

TEST_F(GuardTest, AsksForTheOwnersRoundsWhileSomebodyIsOver) {
  accept(1, 0);
  guard_.seen(77, 1, -1);
  guard_.sampled(1, 1000, 0);
  EXPECT_FALSE(guard_.wants_round());
  guard_.sampled(1, 1001, 0);
  EXPECT_TRUE(guard_.wants_round());
  guard_.progressed({77});
  guard_.sampled(1, 1002, 0);
  EXPECT_FALSE(guard_.wants_round()) << "it finished one";
  guard_.sampled(1, 2003, 0);
  EXPECT_TRUE(guard_.wants_round());
  guard_.disconnected(1);
  EXPECT_FALSE(guard_.wants_round()) << "it is gone";
}

TEST_F(GuardTest, TellsOfAnEndThatFreesMuch) {
  accept(1, 0);
  accept(2, 0);
  guard_.seen(77, 1, -1);
  guard_.sampled(1, 400, 0);
  guard_.disconnected(1);
  EXPECT_FALSE(guard_.take_big_end());
  guard_.sampled(2, 600, 0);
  guard_.disconnected(2);
  EXPECT_TRUE(guard_.take_big_end());
  EXPECT_FALSE(guard_.take_big_end());
}

TEST_F(GuardTest, ReportsTheRoutingIdOfAGoneConnection) {
  accept(1, 0);
  guard_.seen(77, 1, -1);
  EXPECT_THAT(guard_.take_gone(), IsEmpty());
  guard_.disconnected(1);
  EXPECT_THAT(guard_.take_gone(), ElementsAre(77));
  EXPECT_THAT(guard_.take_gone(), IsEmpty());
}

TEST_F(GuardTest, ReportsALateFirstMessageOfAGoneConnection) {
  accept(1, 0);
  guard_.disconnected(1);
  guard_.seen(77, 1, -1);
  EXPECT_THAT(guard_.take_gone(), ElementsAre(77));
}

TEST_F(GuardTest, NeverReportsTheNewConnectionOfAReusedDescriptor) {
  accept(1, 0);
  guard_.disconnected(1);
  accept(1, 1);
  guard_.seen(77, 1, -1);  // read late: the first connection sent it
  guard_.seen(78, 1, -1);
  EXPECT_THAT(guard_.take_gone(), ElementsAre(77));
  guard_.disconnected(1);
  EXPECT_THAT(guard_.take_gone(), ElementsAre(78));
}

// The owner reads connections in turn, so it may read a new one before the rest of a past one.
TEST_F(GuardTest, NeverReportsTheNewConnectionWhenThePastOneIsReadLate) {
  accept(1, 0);
  guard_.disconnected(1);
  accept(1, 1);
  guard_.seen(78, 1, -1);
  guard_.seen(77, 1, -1);
  EXPECT_THAT(guard_.take_gone(), ElementsAre(77));
  guard_.end(78, 10);
  EXPECT_THAT(killed(15), ElementsAre(1)) << "it still has the descriptor";
  // The routing ids of libzmq have 32 bits and wrap around.
  accept(2, 0);
  guard_.seen(1, 2, -1);
  guard_.seen(0xFFFFFFFF, 2, -1);
  EXPECT_THAT(guard_.take_gone(), ElementsAre(0xFFFFFFFF));
}

// The owner may read a past connection first when a new one already has the descriptor. The end of the past one must
// not end the new one: otherwise a client that sends a frame and leaves at once would end the next client's connection.
TEST_F(GuardTest, APastConnectionIsNotTakenForOneWhoseHandshakeGoesOn) {
  accept(1, 0);
  guard_.disconnected(1);
  accept(1, 1);
  guard_.seen(77, 1, limits().handshake_bytes - 1);
  EXPECT_THAT(guard_.take_gone(), ElementsAre(77));
  guard_.end(77, 10, true);
  EXPECT_THAT(killed(99), IsEmpty());
  EXPECT_THAT(killed(101), ElementsAre(1)) << "it said no hello";
  accept(2, 0);
  guard_.seen(78, 2, limits().handshake_bytes);
  EXPECT_THAT(guard_.take_gone(), IsEmpty());
}

TEST_F(GuardTest, TheEndOfAPastConnectionIsNotTheNewOnes) {
  accept(1, 0);
  guard_.seen(77, 1, -1);  // read late: the first message of the present connection comes next
  guard_.end(77, 10);
  guard_.seen(78, 1, -1);
  EXPECT_THAT(killed(1000), IsEmpty());
  guard_.end(78, 1000);
  EXPECT_THAT(killed(1005), ElementsAre(1));
}

TEST_F(GuardTest, EndsOnRequestAfterTheLinger) {
  accept(1, 0);
  guard_.seen(77, 1, -1);
  guard_.end(77, 10);
  EXPECT_THAT(killed(14), IsEmpty());
  EXPECT_THAT(killed(15), ElementsAre(1));
  EXPECT_EQ(guard_.counters().asked, 1u);
  EXPECT_EQ(guard_.counters().ended(), 0u) << "it was the owner's wish";
  guard_.end(99, 10);
  EXPECT_THAT(killed(1000), IsEmpty());
}

TEST(AddressKey, GroupsIpv6BySubnetAndUnwrapsMappedIpv4) {
  EXPECT_EQ(address_key("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(address_key("::ffff:192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(address_key("2001:db8::1"), address_key("2001:db8::ffff:1"));
  EXPECT_NE(address_key("2001:db8::1"), address_key("2001:db8:0:1::1"));
}

}  // namespace
}  // namespace fastchat
