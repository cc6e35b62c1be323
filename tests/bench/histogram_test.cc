#include "bench/histogram.h"

#include <gtest/gtest.h>

namespace fastchat::bench {
namespace {

TEST(Histogram, IsZeroWhenEmpty) {
  const Histogram h;
  EXPECT_EQ(h.percentile(50), 0u);
  EXPECT_EQ(h.max(), 0u);
}

TEST(Histogram, CountsSmallValuesExactly) {
  Histogram h;
  for (uint64_t v = 1; v <= 100; ++v) h.add(v);
  EXPECT_EQ(h.percentile(50), 50u);
  EXPECT_EQ(h.percentile(99), 99u);
  EXPECT_EQ(h.percentile(100), 100u);
}

TEST(Histogram, StaysWithinOnePercentOverAllMagnitudes) {
  for (uint64_t v = 1; v < uint64_t{1} << 62; v = v * 3 / 2 + 1) {
    Histogram h;
    h.add(v);
    h.add(UINT64_MAX);
    const auto answer = static_cast<double>(h.percentile(50));
    EXPECT_NEAR(answer, static_cast<double>(v), static_cast<double>(v) * 0.01) << v;
  }
}

TEST(Histogram, NeverAnswersAboveTheMaximum) {
  Histogram h;
  h.add(1'000'000'001);
  EXPECT_LE(h.percentile(99.9), h.max());
}

TEST(Histogram, TakesTheLargestValueThereIs) {
  Histogram h;
  h.add(UINT64_MAX);
  EXPECT_EQ(h.count(), 1u);
  EXPECT_EQ(h.max(), UINT64_MAX);
}

}  // namespace
}  // namespace fastchat::bench
