#include "common/link_meter.h"

#include <gtest/gtest.h>

#include <map>

namespace fastchat {
namespace {

constexpr size_t kMiB = 1 << 20;
std::map<int, int64_t> acknowledged;  // by descriptor; stands in for the kernel's count

class LinkMeterTest : public ::testing::Test {
 protected:
  LinkMeterTest() { acknowledged = {{5, 700}, {6, 300}}; }
  LinkMeter meter_{[](int fd) -> int64_t { return acknowledged.contains(fd) ? acknowledged[fd] : -1; }};
};

TEST_F(LinkMeterTest, CountsWhatIsNotAcknowledged) {
  meter_.saw(1, 5);
  for (int i = 0; i < 4; ++i) meter_.sent(1, kMiB);
  EXPECT_GE(meter_.unsent(1), 4 * kMiB);
  EXPECT_LT(meter_.unsent(1), 4 * kMiB + 1000);
  acknowledged[5] += 3 * kMiB;
  EXPECT_GE(meter_.unsent(1), kMiB);
  EXPECT_LT(meter_.unsent(1), kMiB + 1000);
}

TEST_F(LinkMeterTest, WhatLibzmqSendsByItselfIsNotSavedUp) {
  meter_.saw(1, 5);
  acknowledged[5] += 10 * kMiB;
  meter_.sent(1, kMiB);
  (void)meter_.unsent(1);
  for (int i = 0; i < 4; ++i) meter_.sent(1, kMiB);
  EXPECT_GE(meter_.unsent(1), 4 * kMiB);
}

TEST_F(LinkMeterTest, KnowsNothingOfStrangersAndOfThoseThatAreGone) {
  EXPECT_EQ(meter_.unsent(9), 0u);
  meter_.saw(1, 5);
  meter_.sent(1, 4 * kMiB);
  meter_.gone(1);
  EXPECT_EQ(meter_.unsent(1), 0u);
  EXPECT_EQ(meter_.size(), 0u);
}

TEST_F(LinkMeterTest, ADescriptorBelongsToTheConnectionThatSpokeLast) {
  meter_.saw(1, 5);
  meter_.sent(1, 4 * kMiB);
  meter_.saw(2, 5);
  EXPECT_EQ(meter_.unsent(1), 0u);
  meter_.gone(1);
  meter_.sent(2, 4 * kMiB);
  EXPECT_GT(meter_.unsent(2), 0u);
}

}  // namespace
}  // namespace fastchat
