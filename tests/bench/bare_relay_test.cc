#include "bench/bare_relay.h"

#include <gtest/gtest.h>
#include <signal.h>

#include "bench/bare_driver.h"
#include "bench/meter.h"
#include "tests/bench/recorder.h"

namespace fastchat::bench {
namespace {

class BareRelayTest : public testing::TestWithParam<size_t> {
 protected:
  BareRelayTest() { hub_.set_events(&driver_); }
  ~BareRelayTest() override {
    for (Link* link : {&a_, &b_, &c_}) hub_.close(*link, 0);
  }
  template <class Condition>
  void turn_until(Condition done) {
    while (!done()) hub_.turn(now_ns() + 10'000'000);
  }
  void log_in_both() {
    driver_.login(a_);
    driver_.login(b_);
    turn_until([&] { return seen_.ready.size() == 2; });
  }

  BareRelay relay_{3, GetParam()};  // forks, so it comes before any thread
  Recorder seen_;
  Hub hub_;
  BareDriver driver_{hub_, seen_, relay_.endpoint(), relay_.key(), 3, GetParam()};
  Link a_{0}, b_{1}, c_{2};
};

TEST_P(BareRelayTest, EveryMessageArrivesInOrderAndIsConfirmed) {
  log_in_both();
  for (int i = 0; i < 100; ++i) driver_.message(a_, 1, std::to_string(i));
  turn_until([&] { return seen_.confirmed[0] == 100; });
  ASSERT_EQ(seen_.messages[1].size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(seen_.messages[1][static_cast<size_t>(i)], std::to_string(i));
  EXPECT_TRUE(seen_.messages[0].empty());
}

TEST_P(BareRelayTest, AMessageToAGroupReachesTheOthersAndEachConfirms) {
  log_in_both();
  driver_.login(c_);
  turn_until([&] { return seen_.ready.size() == 3; });
  for (int i = 0; i < 100; ++i) driver_.group_message(b_, {0, 3}, std::to_string(i));
  turn_until([&] { return seen_.confirmed[1] == 200; });
  for (const int member : {0, 2}) {
    ASSERT_EQ(seen_.messages[member].size(), 100u);
    EXPECT_EQ(seen_.messages[member].back(), "99");
  }
  EXPECT_TRUE(seen_.messages[1].empty());
}

TEST_P(BareRelayTest, BatchLimitsWhatAFrameHolds) {
  log_in_both();
  const uint64_t before = hub_.counters().frames_out;
  for (int i = 0; i < 100; ++i) driver_.message(a_, 1, "x");
  turn_until([&] { return seen_.messages[1].size() == 100; });
  EXPECT_GE(hub_.counters().frames_out - before, 100 / GetParam());
}

TEST_P(BareRelayTest, ADeadServerIsNoticed) {
  log_in_both();
  kill(relay_.pid(), SIGKILL);
  turn_until([&] {
    driver_.keep_alive(a_, now_ns());
    driver_.keep_alive(b_, now_ns());
    return seen_.lost.size() == 2;
  });
  EXPECT_FALSE(hub_.is_open(a_));
}

TEST_P(BareRelayTest, CpuAndMemoryOfTheRelayAreMeasured) {
  const Snapshot s = take_snapshot({{"relay", relay_.pid()}, {"nobody", 1 << 30}});
  EXPECT_GT(s.each[0].rss_kb, 0u);
  EXPECT_EQ(s.each[1].rss_kb, 0u);
  EXPECT_EQ(s.servers.rss_kb, s.each[0].rss_kb);
}

INSTANTIATE_TEST_SUITE_P(Batches, BareRelayTest, testing::Values(1, 32));

}  // namespace
}  // namespace fastchat::bench
