#include "broker/core/throttle.h"

#include <gtest/gtest.h>

namespace fastchat::broker {
namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kMinute = 60 * kSecond;

bool fail(Throttle& t, int64_t now, const std::string& name, const std::string& address) {
  if (t.admit(now, name, address) != 0) return false;
  t.failed(now, address);
  return true;
}

TEST(Throttle, LetsFiveFailuresForANameThrough) {
  Throttle t;
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(fail(t, 0, "alice", "a")) << i;
  EXPECT_EQ(kSecond, t.admit(0, "alice", "b"));
  EXPECT_EQ(0, t.admit(0, "bob", "b"));
}

TEST(Throttle, DoublesFromASecondToFifteenMinutes) {
  Throttle t;
  int64_t now = 0;
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(fail(t, now, "alice", ""));
  std::vector<int64_t> delays;
  for (int i = 0; i < 13; ++i) {
    const int64_t wait = t.admit(now, "alice", "");
    delays.push_back(wait / kSecond);
    now += wait;
    ASSERT_EQ(0, t.admit(now, "alice", "")) << "after the wait a try is let in";
  }
  EXPECT_EQ((std::vector<int64_t>{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900}), delays);
}

TEST(Throttle, ARefusedTryCostsNothing) {
  Throttle t;
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(fail(t, 0, "alice", "a"));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(kSecond, t.admit(0, "alice", "a"));
  EXPECT_EQ(0, t.admit(kSecond, "alice", "a"));
}

TEST(Throttle, LetsTwentyFailuresFromAnAddressThrough) {
  Throttle t;
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(fail(t, 0, "user" + std::to_string(i), "a")) << i;
  EXPECT_EQ(kSecond, t.admit(0, "another", "a"));
  EXPECT_EQ(0, t.admit(0, "another", "b"));
}

TEST(Throttle, ManyTriesAtOnceAreNotFree) {
  Throttle t;
  int let_in = 0;
  for (int i = 0; i < 1'000; ++i) let_in += t.admit(0, "alice", "a") == 0 ? 1 : 0;
  EXPECT_EQ(5, let_in);
}

TEST(Throttle, ACrowdBehindOneAddressLogsInAtOnce) {
  Throttle t;
  for (int i = 0; i < 1'000; ++i) {
    const std::string name = "user" + std::to_string(i);
    ASSERT_EQ(0, t.admit(0, name, "office"));
    t.succeeded(name);
  }
  EXPECT_EQ(0u, t.size());
}

TEST(Throttle, ASuccessClearsTheNameButNotTheAddress) {
  Throttle t;
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(fail(t, 0, "alice", "a"));
  for (int i = 0; i < 16; ++i) ASSERT_TRUE(fail(t, 0, "user" + std::to_string(i), "a"));
  EXPECT_EQ(0, t.admit(0, "alice", "b"));
  t.succeeded("alice");
  for (int i = 0; i < 4; ++i) EXPECT_EQ(0, t.admit(0, "alice", "b"));
  EXPECT_EQ(kSecond, t.admit(0, "carol", "a"));
}

TEST(Throttle, ADatabaseThatWasAwayIsNobodysFailure) {
  Throttle t;
  for (int i = 0; i < 50; ++i) {
    ASSERT_EQ(0, t.admit(0, "alice", "a"));
    t.undecided("alice");
  }
  EXPECT_EQ(0u, t.size());
}

TEST(Throttle, ForgetsFifteenMinutesAfterTheLastFailure) {
  Throttle t;
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(fail(t, 0, "alice", "a"));
  t.expire(15 * kMinute - 1);
  EXPECT_EQ(2u, t.size());
  t.expire(15 * kMinute);
  EXPECT_EQ(0u, t.size());
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(fail(t, 15 * kMinute, "alice", "a"));
}

TEST(Throttle, TheLongestBlockDoesNotEndInACleanSlate) {
  Throttle t;
  int64_t now = 0;
  for (int i = 0; i < 20; ++i) {
    now += t.admit(now, "alice", "");
    t.admit(now, "alice", "");
  }
  now += t.admit(now, "alice", "");
  t.expire(now);
  ASSERT_EQ(0, t.admit(now, "alice", ""));
  EXPECT_EQ(15 * kMinute, t.admit(now, "alice", ""));
}

TEST(Throttle, MemoryIsBoundedAndTheWorstAreRememberedLongest) {
  Throttle t(100);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(fail(t, 0, "alice", ""));
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(fail(t, t.admit(0, "alice", ""), "alice", ""));
  const int64_t blocked = t.admit(0, "alice", "");
  ASSERT_GT(blocked, 0);
  for (int i = 0; i < 1'000; ++i) t.admit(0, "user" + std::to_string(i), "");
  EXPECT_LE(t.size(), 200u);
  EXPECT_EQ(blocked, t.admit(0, "alice", ""));
}

}  // namespace
}  // namespace fastchat::broker
