#include "bench/options.h"

#include <gtest/gtest.h>

#include "bench/body.h"

namespace fastchat::bench {
namespace {

Result<Options> parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "fastchat-bench");
  return parse_options(static_cast<int>(arguments.size()), arguments.data());
}

TEST(Options, BareNeedsNoInviteAndFastchatDoes) {
  EXPECT_TRUE(parse({"bare", "w1"}));
  EXPECT_EQ(parse({"w1"}).code(), Code::kLocalUsage);
  const auto o = parse({"w1", "--invite", "fastchat://h:1/?key=a&realm=b"});
  ASSERT_TRUE(o);
  EXPECT_FALSE(o->bare);
  EXPECT_EQ(o->workload, "w1");
}

TEST(Options, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(parse({"bare", "w9"}).code(), Code::kLocalUsage);
  EXPECT_EQ(parse({"w1", "bare"}).code(), Code::kLocalUsage);
  EXPECT_EQ(parse({"bare"}).code(), Code::kLocalUsage);
  EXPECT_EQ(parse({"bare", "w4"}).code(), Code::kLocalUsage);
  EXPECT_EQ(parse({"bare", "w1", "--users", "0"}).code(), Code::kLocalUsage);
  EXPECT_EQ(parse({"bare", "w1", "--body", "50"}).code(), Code::kLocalUsage);
  EXPECT_EQ(parse({"bare", "w1", "--prefix", "Bad Name"}).code(), Code::kLocalUsage);
}

TEST(Options, PidsMayCarryLabels) {
  const auto o = parse({"bare", "w1", "--pids", "worker=12,34"});
  ASSERT_TRUE(o);
  ASSERT_EQ(o->pids.size(), 2u);
  EXPECT_EQ(o->pids[0].label, "worker");
  EXPECT_EQ(o->pids[0].pid, 12);
  EXPECT_EQ(o->pids[1].label, "");
  EXPECT_EQ(o->pids[1].pid, 34);
  EXPECT_EQ(parse({"bare", "w1", "--pids", "worker"}).code(), Code::kLocalUsage);
}

TEST(Options, PairsHaveTwoUsersEach) {
  EXPECT_EQ(parse({"bare", "w1", "--users", "7"})->users, 6);
  EXPECT_EQ(parse({"bare", "w1", "--users", "1"})->users, 2);
}

TEST(Options, RealEnvelopesAreAsLargeAsSealedOnes) {
  EXPECT_EQ(parse({"bare", "w1", "--envelope", "real"})->body, static_cast<int>(kRealEnvelope));
}

TEST(Options, HelpIsNoError) {
  const auto o = parse({"--help"});
  ASSERT_FALSE(o);
  EXPECT_EQ(o.code(), Code::kOk);
  EXPECT_NE(o.error().text.find("--window"), std::string::npos);
}

}  // namespace
}  // namespace fastchat::bench
