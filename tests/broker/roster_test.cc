#include "broker/core/roster.h"

#include <gtest/gtest.h>

#include "tests/broker/seconds.h"

namespace fastchat::broker {
namespace {

v1::Register registration(uint64_t id, const std::string& name = "") {
  v1::Register r;
  r.set_worker_id(id);
  r.set_name(name.empty() ? "w" + std::to_string(id) : name);
  r.set_endpoint("tcp://w" + std::to_string(id));
  r.set_bus_endpoint("tcp://bus" + std::to_string(id));
  return r;
}

void join(Roster& roster, uint64_t id, int64_t now_us = 0) {
  ASSERT_TRUE(roster.add(now_us, id, registration(id)).ok());
}

void beat(Roster& roster, uint64_t id, int64_t now_us, uint32_t sessions = 0, bool draining = false) {
  v1::Heartbeat b;
  b.set_worker_id(id);
  b.set_sessions(sessions);
  b.set_draining(draining);
  ASSERT_TRUE(roster.heartbeat(now_us, id, b));
}

std::vector<uint64_t> picks(Roster& roster, int count) {
  std::vector<uint64_t> out;
  for (int i = 0; i < count; ++i) {
    const Worker* worker = roster.pick({});
    out.push_back(worker == nullptr ? 0 : worker->id);
  }
  return out;
}

using Ids = std::vector<uint64_t>;

TEST(Roster, GoesAroundInOrder) {
  Roster roster(Policy::kRoundRobin);
  for (const uint64_t id : {3, 1, 2}) join(roster, id);
  EXPECT_EQ((Ids{1, 2, 3, 1, 2, 3, 1}), picks(roster, 7));
}

TEST(Roster, KeepsItsTurnWhenWorkersComeAndGo) {
  Roster roster(Policy::kRoundRobin);
  for (const uint64_t id : {1, 3}) join(roster, id);
  EXPECT_EQ((Ids{1}), picks(roster, 1));
  join(roster, 2);
  EXPECT_EQ((Ids{2}), picks(roster, 1));
  EXPECT_TRUE(roster.leave(2, 2));
  EXPECT_EQ((Ids{3, 1}), picks(roster, 2));
}

TEST(Roster, SkipsWorkersThatDrain) {
  Roster roster(Policy::kRoundRobin);
  for (const uint64_t id : {1, 2, 3}) join(roster, id);
  beat(roster, 2, 0, 0, true);
  EXPECT_EQ((Ids{1, 3, 1}), picks(roster, 3));
  beat(roster, 2, 0, 0, false);
  EXPECT_EQ((Ids{2}), picks(roster, 1));
}

void unready(Roster& roster, uint64_t id) {
  v1::Heartbeat b;
  b.set_worker_id(id);
  b.set_not_ready(true);
  ASSERT_TRUE(roster.heartbeat(0, id, b));
}

TEST(Roster, SkipsWorkersThatAreNotReadyWhileAnotherIs) {
  for (const Policy policy : {Policy::kRoundRobin, Policy::kLeastSessions}) {
    Roster roster(policy);
    for (const uint64_t id : {1, 2, 3}) join(roster, id);
    unready(roster, 1);
    unready(roster, 3);
    EXPECT_EQ((Ids{2, 2, 2}), picks(roster, 3));
    EXPECT_NE(2u, roster.pick({2})->id) << "one that serves who is online is better than none";
    unready(roster, 2);
    const Ids all = picks(roster, 3);
    EXPECT_EQ((std::set<uint64_t>{1, 2, 3}), std::set<uint64_t>(all.begin(), all.end()));
    beat(roster, 3, 0);
    EXPECT_EQ((Ids{3}), picks(roster, 1));
  }
}

TEST(Roster, TheShareIsWhatEachWouldHaveIfTheyWereEven) {
  Roster roster(Policy::kRoundRobin);
  EXPECT_EQ(roster.share(), 0u);
  for (const uint64_t id : {1, 2, 3}) join(roster, id);
  beat(roster, 1, 0, 900);
  EXPECT_EQ(roster.share(), 300u);
  beat(roster, 2, 0, 2);
  EXPECT_EQ(roster.share(), 301u);
  beat(roster, 3, 0, 100, true);
  EXPECT_EQ(roster.share(), 451u) << "who drains has no part in it";
  unready(roster, 2);
  EXPECT_EQ(roster.share(), 900u);
}

TEST(Roster, GoingAroundPassesOverThoseThatHaveTooMany) {
  Roster roster(Policy::kRoundRobin);
  for (const uint64_t id : {1, 2, 3}) join(roster, id);
  beat(roster, 1, 0, 900);
  EXPECT_EQ((Ids{2, 3, 2, 3}), picks(roster, 4));
}

TEST(Roster, SkipsThoseThatWereTried) {
  Roster roster(Policy::kRoundRobin);
  for (const uint64_t id : {1, 2}) join(roster, id);
  EXPECT_EQ(2u, roster.pick({1})->id);
  EXPECT_TRUE(roster.any({1}));
  EXPECT_FALSE(roster.any({1, 2}));
  EXPECT_EQ(nullptr, roster.pick({1, 2}));
}

TEST(Roster, SkipsWorkerWhoseHeartbeatExpired) {
  Roster roster(Policy::kRoundRobin);
  join(roster, 1);
  join(roster, 2);
  beat(roster, 2, 2 * kSecond);
  EXPECT_EQ(3 * kSecond, roster.next_expiry_us());
  EXPECT_TRUE(roster.expire(3 * kSecond - 1).empty());
  const auto dead = roster.expire(3 * kSecond);
  ASSERT_EQ(1u, dead.size());
  EXPECT_EQ(1u, dead[0].id);
  EXPECT_EQ((Ids{2, 2}), picks(roster, 2));
  EXPECT_EQ(5 * kSecond, roster.next_expiry_us());
}

TEST(Roster, PicksTheWorkerWithFewestSessions) {
  Roster roster(Policy::kLeastSessions);
  for (const uint64_t id : {1, 2, 3}) join(roster, id);
  beat(roster, 1, 0, 5);
  beat(roster, 2, 0, 2);
  beat(roster, 3, 0, 9);
  EXPECT_EQ((Ids{2}), picks(roster, 1));
}

TEST(Roster, SpreadsABurstBetweenTwoHeartbeats) {
  Roster roster(Policy::kLeastSessions);
  for (const uint64_t id : {1, 2, 3}) join(roster, id);
  auto all = picks(roster, 6);
  std::sort(all.begin(), all.end());
  EXPECT_EQ((Ids{1, 1, 2, 2, 3, 3}), all);
}

TEST(Roster, AHeartbeatOfAStrangerOrOverAnotherLinkIsNotKnown) {
  Roster roster(Policy::kRoundRobin);
  join(roster, 1);
  v1::Heartbeat b;
  b.set_worker_id(1);
  EXPECT_FALSE(roster.heartbeat(0, 77, b));
  b.set_worker_id(2);
  EXPECT_FALSE(roster.heartbeat(0, 1, b));
}

TEST(Roster, AWorkerThatRegistersAgainMovesToItsNewLink) {
  Roster roster(Policy::kRoundRobin);
  join(roster, 1);
  const auto again = roster.add(0, 50, registration(1));
  ASSERT_TRUE(again.ok());
  EXPECT_FALSE(again->changed);
  EXPECT_EQ(nullptr, roster.by_rid(1));
  EXPECT_EQ(1u, roster.by_rid(50)->id);
  EXPECT_EQ(1u, roster.size());
}

TEST(Roster, AProgramOnTheSameEndpointReplacesTheOneBefore) {
  Roster roster(Policy::kRoundRobin);
  join(roster, 1);
  auto anew = registration(9, "w1");
  anew.set_endpoint("tcp://w1");
  const auto added = roster.add(0, 2, anew);
  ASSERT_TRUE(added.ok());
  EXPECT_TRUE(added->changed);
  EXPECT_EQ((Ids{1}), added->replaced);
  EXPECT_EQ((Ids{9, 9}), picks(roster, 2));
}

TEST(Roster, TwoIdsOverOneLinkAreOneWorker) {
  Roster roster(Policy::kRoundRobin);
  join(roster, 1);
  ASSERT_TRUE(roster.add(0, 1, registration(2)).ok());
  EXPECT_EQ(1u, roster.size());
  EXPECT_EQ(2u, roster.by_rid(1)->id);
  EXPECT_FALSE(roster.leave(1, 1));
  EXPECT_TRUE(roster.leave(1, 2));
  EXPECT_EQ(nullptr, roster.by_rid(1));
}

TEST(Roster, HoldsNoMoreThanItsLimit) {
  Roster roster(Policy::kRoundRobin);
  for (uint64_t id = 1; id <= Roster::kMaxWorkers; ++id) join(roster, id);
  EXPECT_EQ(Code::kBusy, roster.add(0, 5'000, registration(5'000)).code());
  EXPECT_TRUE(roster.add(0, 1, registration(1)).ok()) << "who is in stays in";
}

}  // namespace
}  // namespace fastchat::broker
