#include "broker/core/throttle.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/broker/seconds.h"

namespace fastchat::broker {
namespace {

constexpr int64_t kMinute = 60 * kSecond;

Applicant stranger(const std::string& name, const std::string& address) {
  return {.name = name, .address = address, .device = std::string(16, 's')};
}

Applicant known(const std::string& name, const std::string& address, char device = 'd') {
  return {.name = name, .address = address, .device = std::string(16, device), .device_known = true};
}

bool fail(Throttle& t, int64_t now, const Applicant& who) {
  if (t.wait_us(now, who) != 0) return false;
  t.failed(now, who);
  return true;
}

TEST(Throttle, LetsFiveFailuresForANameFromAnAddressThrough) {
  Throttle t;
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(fail(t, 0, stranger("alice", "a"))) << i;
  EXPECT_EQ(kSecond, t.wait_us(0, stranger("alice", "a")));
  EXPECT_EQ(0, t.wait_us(0, stranger("bob", "a")));
  EXPECT_EQ(0, t.wait_us(0, stranger("alice", "b"))) << "who guesses elsewhere does not shut the owner out";
}

TEST(Throttle, DoublesFromASecondToFifteenMinutes) {
  Throttle t;
  int64_t now = 0;
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(fail(t, now, stranger("alice", "a")));
  std::vector<int64_t> delays;
  for (int i = 0; i < 13; ++i) {
    const int64_t wait = t.wait_us(now, stranger("alice", "a"));
    delays.push_back(wait / kSecond);
    now += wait;
    ASSERT_TRUE(fail(t, now, stranger("alice", "a"))) << "after the wait a try is let in";
  }
  EXPECT_EQ((std::vector<int64_t>{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900}), delays);
}

TEST(Throttle, ANameFromEverywhereIsSlowedForUnknownDevicesAndNeverForLong) {
  Throttle t;
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(fail(t, 0, stranger("alice", std::to_string(i)))) << i;
  EXPECT_EQ(kSecond, t.wait_us(0, stranger("alice", "home")));
  EXPECT_EQ(0, t.wait_us(0, known("alice", "home")));
  int64_t now = 0;
  for (int i = 0; i < 20; ++i) {
    now += t.wait_us(now, stranger("alice", "x" + std::to_string(i)));
    ASSERT_TRUE(fail(t, now, stranger("alice", "x" + std::to_string(i))));
  }
  EXPECT_EQ(kMinute, t.wait_us(now, stranger("alice", "home")));
}

TEST(Throttle, LetsTwentyFailuresFromAnAddressThrough) {
  Throttle t;
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(fail(t, 0, stranger("user" + std::to_string(i), "a"))) << i;
  EXPECT_EQ(kSecond, t.wait_us(0, stranger("another", "a")));
  EXPECT_EQ(0, t.wait_us(0, stranger("another", "b")));
  EXPECT_EQ(0, t.wait_us(0, known("another", "a"))) << "a device that is known is let in from there";
}

TEST(Throttle, AnAddressThatManyShareHasAHigherLimit) {
  Throttle t;
  for (int i = 0; i < 1'000; ++i) {
    Applicant who = stranger("user" + std::to_string(i), "proxy");
    who.many_behind = true;
    ASSERT_TRUE(fail(t, 0, who)) << i;
  }
  EXPECT_EQ(kSecond, t.wait_us(0, stranger("another", "proxy")));
}

TEST(Throttle, AKnownDeviceIsCountedByItself) {
  Throttle t;
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(fail(t, 0, known("alice", "a", 'd')));
  EXPECT_EQ(kSecond, t.wait_us(0, known("alice", "b", 'd')));
  EXPECT_EQ(0, t.wait_us(0, known("alice", "a", 'e')));
  EXPECT_EQ(0, t.wait_us(0, known("bob", "a", 'd')));
  EXPECT_EQ(0, t.wait_us(0, stranger("alice", "a")));
}

TEST(Throttle, ACrowdBehindOneAddressLogsInAtOnce) {
  Throttle t;
  for (int i = 0; i < 1'000; ++i) {
    const auto who = stranger("user" + std::to_string(i), "office");
    ASSERT_EQ(0, t.wait_us(0, who));
    t.succeeded(who);
  }
  EXPECT_EQ(0u, t.size());
}

TEST(Throttle, ASuccessClearsTheNameThereButNotTheAddress) {
  Throttle t;
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(fail(t, 0, stranger("alice", "a")));
  for (int i = 0; i < 16; ++i) ASSERT_TRUE(fail(t, 0, stranger("user" + std::to_string(i), "a")));
  t.succeeded(stranger("alice", "a"));
  EXPECT_EQ(kSecond, t.wait_us(0, stranger("alice", "a"))) << "the address";
  EXPECT_EQ(0, t.wait_us(kSecond, stranger("alice", "a")));
  for (int i = 0; i < 4; ++i) {
    ASSERT_EQ(0, t.wait_us(kMinute, stranger("alice", "a")));
    t.failed(kMinute, {.name = "alice", .address = "a", .device = "s", .many_behind = true});
  }
  EXPECT_EQ(0, t.wait_us(kMinute, stranger("alice", "a"))) << "the name began anew";
}

TEST(Throttle, AWrongSecretOfNobodysDeviceCountsForTheAddressAlone) {
  Throttle t;
  for (int i = 0; i < 20; ++i) t.failed_address(0, stranger("alice", "a"));
  EXPECT_EQ(kSecond, t.wait_us(0, stranger("bob", "a")));
  EXPECT_EQ(0, t.wait_us(0, stranger("alice", "b")));
}

TEST(Throttle, ForgetsFifteenMinutesAfterTheLastFailure) {
  Throttle t;
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(fail(t, 0, stranger("alice", "a")));
  t.expire(15 * kMinute - 1);
  EXPECT_EQ(3u, t.size());
  t.expire(15 * kMinute);
  EXPECT_EQ(0u, t.size());
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(fail(t, 15 * kMinute, stranger("alice", "a")));
}

TEST(Throttle, TheLongestBlockDoesNotEndInACleanSlate) {
  Throttle t;
  const auto who = known("alice", "");
  int64_t now = 0;
  for (int i = 0; i < 20; ++i) {
    now += t.wait_us(now, who);
    t.failed(now, who);
  }
  now += t.wait_us(now, who);
  t.expire(now);
  ASSERT_EQ(0, t.wait_us(now, who));
  t.failed(now, who);
  EXPECT_EQ(15 * kMinute, t.wait_us(now, who));
}

TEST(Throttle, MemoryIsBoundedAndTheWorstAreRememberedLongest) {
  Throttle t(100);
  const auto who = stranger("alice", "a");
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(fail(t, 0, who));
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(fail(t, t.wait_us(0, who), who));
  const int64_t blocked = t.wait_us(0, who);
  ASSERT_GT(blocked, 0);
  for (int i = 0; i < 1'000; ++i) t.failed(0, stranger("user" + std::to_string(i), std::to_string(i)));
  EXPECT_LE(t.size(), 400u);
  EXPECT_EQ(blocked, t.wait_us(0, who));
}

}  // namespace
}  // namespace fastchat::broker
