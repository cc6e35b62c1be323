// Turns: the order of service when many wait (worker/core/fair_queue.h, lanes.h).
#include "worker/core/fair_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "worker/core/lanes.h"

namespace fastchat::worker {
namespace {

using testing::ElementsAre;

std::vector<std::string> all(FairQueue<std::string>& q) {
  std::vector<std::string> out;
  while (q.next()) out.push_back(q.take());
  return out;
}

TEST(FairQueue, GoesAroundTheUsersAndWithinOneAroundTheSessions) {
  FairQueue<std::string> q;
  for (const char* item : {"a1", "a2", "a3"}) q.push({1, 10}, item);
  for (const char* item : {"A1", "A2"}) q.push({1, 11}, item);
  for (const char* item : {"b1", "b2"}) q.push({2, 20}, item);
  EXPECT_EQ(q.size(), 7u);
  EXPECT_THAT(all(q), ElementsAre("a1", "b1", "A1", "b2", "a2", "A2", "a3"));
  EXPECT_TRUE(q.empty());
}

TEST(FairQueue, WhoComesLateWaitsForOneOfEachOther) {
  FairQueue<std::string> q;
  for (int i = 0; i < 10'000; ++i) q.push({1, 10}, "x");
  q.take();
  q.push({2, 20}, "late");
  EXPECT_EQ(q.take(), "x");
  EXPECT_EQ(q.take(), "late");
}

TEST(FairQueue, ASessionThatIsHeldBackHasNoTurn) {
  FairQueue<std::string> q;
  q.push({1, 10}, "a");
  q.push({2, 20}, "b");
  q.hold(10);
  EXPECT_EQ(q.take(), "b");
  EXPECT_FALSE(q.next());
  EXPECT_EQ(q.size(), 1u);
  q.push({1, 10}, "a2");
  EXPECT_FALSE(q.next());
  q.release(10);
  EXPECT_THAT(all(q), ElementsAre("a", "a2"));
}

TEST(FairQueue, WhatIsDroppedIsGone) {
  FairQueue<std::string> q;
  q.push({1, 10}, "a");
  q.push({1, 11}, "A");
  q.drop(10);
  EXPECT_EQ(q.size(), 1u);
  EXPECT_THAT(all(q), ElementsAre("A"));
  q.push({1, 10}, "again");
  EXPECT_THAT(all(q), ElementsAre("again"));
}

// Compares with a model that is slow and plain. Nothing is lost, nothing comes twice, the items of each session come in
// order, and between two items of one user no other user has more than two.
TEST(FairQueue, KeepsItsRulesWhateverIsDone) {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    std::mt19937 random(seed);
    FairQueue<int> q;
    std::map<SessionId, std::vector<int>> waits;
    std::set<SessionId> held;
    int number = 0;
    for (int step = 0; step < 400; ++step) {
      const SessionId session = 1 + random() % 6;
      const uint64_t user = session % 3;
      switch (random() % 6) {
        case 0:
        case 1:
          q.push({user, session}, ++number);
          waits[session].push_back(number);
          break;
        case 2:
          q.hold(session);
          held.insert(session);
          break;
        case 3:
          q.release(session);
          held.erase(session);
          break;
        default: {
          const auto next = q.next();
          bool any = false;
          for (const auto& [s, items] : waits) any |= !items.empty() && !held.contains(s);
          ASSERT_EQ(next.has_value(), any) << "seed " << seed << " step " << step;
          if (!next) break;
          ASSERT_FALSE(held.contains(*next));
          ASSERT_EQ(q.take(), waits[*next].front());
          waits[*next].erase(waits[*next].begin());
        }
      }
      size_t size = 0;
      for (const auto& [s, items] : waits) size += items.size();
      ASSERT_EQ(q.size(), size);
    }
  }
}

using IntLane = StoreLane<int>;
constexpr auto kRoom = [](SessionId) { return true; };

std::vector<int> taken(IntLane& lane, IntLane::Bounds bounds) {
  std::vector<int> out;
  while (const auto item = lane.take(bounds, kRoom)) out.push_back(*item);
  return out;
}

TEST(StoreLane, HasOnlyAFewAtTheStore) {
  IntLane lane;
  for (int i = 1; i <= 6; ++i) lane.ask({1, 10}, i);
  lane.ask({2, 20}, 100);
  EXPECT_THAT(taken(lane, {4, 2}), ElementsAre(1, 100, 2));
  lane.replied(10);
  EXPECT_THAT(taken(lane, {4, 2}), ElementsAre(3));
  lane.replied(20);
  EXPECT_THAT(taken(lane, {4, 2}), ElementsAre());
  EXPECT_EQ(lane.waiting(), 3u);
}

TEST(StoreLane, TheWorkersOwnHasEverySecondTurn) {
  IntLane lane;
  for (int i = 1; i <= 3; ++i) lane.ask({static_cast<uint64_t>(i), static_cast<SessionId>(i)}, i);
  for (int i = 101; i <= 103; ++i) lane.own(i);
  EXPECT_THAT(taken(lane, {6, 2}), ElementsAre(101, 1, 102, 2, 103, 3));
}

TEST(StoreLane, AFullLinkHoldsItsSessionBackAndNobodyElse) {
  IntLane lane;
  lane.ask({1, 10}, 1);
  lane.ask({2, 20}, 2);
  bool full = true;
  const auto room = [&](SessionId s) { return s != 10 || !full; };
  EXPECT_EQ(lane.take({4, 2}, room), 2);
  EXPECT_EQ(lane.take({4, 2}, room), std::nullopt);
  EXPECT_TRUE(lane.any_full());
  full = false;
  lane.look_again(2);
  EXPECT_FALSE(lane.any_full());
  EXPECT_EQ(lane.take({4, 2}, room), 1);
}

}  // namespace
}  // namespace fastchat::worker
