#include "common/rates.h"

#include <gtest/gtest.h>

#include <string>

namespace fastchat {
namespace {

constexpr int64_t kSecond = 1'000'000, kMinute = 60 * kSecond;

TEST(Rates, SoManyAtOnceThenOneAtATime) {
  Rates r;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(0, r.take(0, "alice", 3, kSecond)) << i;
  EXPECT_EQ(kSecond, r.take(0, "alice", 3, kSecond));
  EXPECT_EQ(0, r.take(0, "bob", 3, kSecond));
  EXPECT_EQ(kSecond / 2, r.take(kSecond / 2, "alice", 3, kSecond)) << "a refused one costs nothing";
  EXPECT_EQ(0, r.take(kSecond, "alice", 3, kSecond));
  EXPECT_EQ(kSecond, r.take(kSecond, "alice", 3, kSecond));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(0, r.take(kMinute, "alice", 3, kSecond)) << "rest fills it, not beyond";
  EXPECT_EQ(kSecond, r.take(kMinute, "alice", 3, kSecond));
}

TEST(Rates, MemoryIsBounded) {
  Rates r(100);
  for (int i = 0; i < 1'000; ++i) EXPECT_EQ(0, r.take(0, std::to_string(i), 3, kSecond));
  EXPECT_LE(r.size(), 100u);
  r.expire(kSecond);
  EXPECT_EQ(0u, r.size());
}

TEST(Rates, AChargeTakesMoreThanIsLeftAndNoMoreThanItsBound) {
  Rates r;
  r.charge(0, "alice", 5, kSecond, 100 * kSecond);
  EXPECT_EQ(3 * kSecond, r.take(0, "alice", 3, kSecond));
  EXPECT_EQ(0, r.take(3 * kSecond, "alice", 3, kSecond));
  r.charge(0, "bob", 500, kSecond, 10 * kSecond);
  EXPECT_EQ(8 * kSecond, r.take(0, "bob", 3, kSecond));
  EXPECT_EQ(0, r.take(8 * kSecond, "bob", 3, kSecond));
  r.expire(20 * kSecond);
  EXPECT_EQ(0u, r.size());
}

}  // namespace
}  // namespace fastchat
