#include "common/unread_core.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

namespace fastchat {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class UnreadTest : public ::testing::Test {
 protected:
  void take(int fd, int64_t bytes, const std::string& address) {
    if (known_.insert(fd).second) unread_.opened(fd, address);
    unread_.taken(fd, bytes);
  }
  UnreadCore unread_{1000};
  std::set<int> known_;
};

TEST_F(UnreadTest, CountsWhatTheOwnerHasNotRead) {
  take(1, 300, "a");
  take(2, 200, "b");
  EXPECT_EQ(unread_.bytes(), 500);
  unread_.handled(1, 100);
  EXPECT_EQ(unread_.bytes(), 400);
  unread_.taken(1, 350);
  EXPECT_EQ(unread_.bytes(), 450);
  unread_.closed(2);
  EXPECT_EQ(unread_.bytes(), 250);
  unread_.closed(2);
  unread_.handled(9, 50);
  EXPECT_EQ(unread_.bytes(), 250);
}

// The owner's report (news) may be newer than the last sample of the connection.
TEST_F(UnreadTest, ForgetsNothingThatWasReadEarly) {
  take(1, 100, "a");
  unread_.handled(1, 400);
  EXPECT_EQ(unread_.bytes(), 0);
  unread_.taken(1, 450);
  EXPECT_EQ(unread_.bytes(), 50);
}

// Handshakes and libzmq's pings reach no owner. They must not end a link that lives for a year.
TEST_F(UnreadTest, WhatReachesNobodyIsForgivenWhenAllWasRead) {
  for (int64_t bytes = 0; bytes < 100'000; bytes += 900) {
    take(1, bytes, "a");
    EXPECT_THAT(unread_.over_after_news(), IsEmpty());
    unread_.all_handled();
  }
  take(1, 101'000, "a");
  EXPECT_THAT(unread_.over_after_news(), ElementsAre(1));
}

TEST_F(UnreadTest, TheFullestConnectionOfTheFullestAddressEnds) {
  take(1, 400, "honest");
  take(2, 300, "flood");
  take(3, 290, "flood");
  EXPECT_THAT(unread_.over_after_news(), IsEmpty());
  take(4, 11, "other");
  EXPECT_THAT(unread_.over_after_news(), ElementsAre(2));
  EXPECT_EQ(unread_.bytes(), 701);
  take(2, 5000, "flood");
  EXPECT_THAT(unread_.over_after_news(), IsEmpty()) << "named once";
  take(3, 900, "flood");
  EXPECT_THAT(unread_.over_after_news(), ElementsAre(3));
  unread_.closed(2);
  take(1, 3000, "honest");
  take(4, 3000, "other");
  EXPECT_EQ(unread_.over_after_news().size(), 2u) << "as many as it takes";
  EXPECT_EQ(unread_.bytes(), 0);
}

// The owner may have read everything since its last report.
TEST_F(UnreadTest, WithoutNewsNobodyEndsWithinTwiceTheBound) {
  take(1, 2000, "a");
  EXPECT_THAT(unread_.over_without_news(), IsEmpty());
  take(1, 2001, "a");
  EXPECT_THAT(unread_.over_without_news(), ElementsAre(1));
}

TEST_F(UnreadTest, AsksForNewsWellBeforeTheBound) {
  take(1, 250, "a");
  EXPECT_FALSE(unread_.wants_news());
  take(1, 251, "a");
  EXPECT_TRUE(unread_.wants_news());
}

TEST_F(UnreadTest, ANewConnectionOfTheSameDescriptorBeginsAnew) {
  take(1, 5000, "a");
  EXPECT_THAT(unread_.over_after_news(), ElementsAre(1));
  unread_.closed(1);
  unread_.opened(1, "b");
  unread_.taken(1, 10);
  EXPECT_EQ(unread_.bytes(), 10);
}

// The lengths at which the form of the header changes. socket_test compares wire_bytes() with the bytes that libzmq
// sends.
TEST(WireBytes, AreThoseOfACurveConnection) {
  EXPECT_EQ(wire_bytes(0), 35);
  EXPECT_EQ(wire_bytes(222), 222 + 35);
  EXPECT_EQ(wire_bytes(223), 223 + 42);
}

}  // namespace
}  // namespace fastchat
