// A worker above its share hands sessions over, and reports when its database takes no writes.
#include "tests/worker/engine_fixture.h"

namespace fastchat::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class WorkerLevelling : public WorkerEngineTest {
 protected:
  static constexpr uint64_t kSessions = 20;
  WorkerLevelling() {
    for (uint64_t i = 1; i <= kSessions; ++i) live(i, 1000 + i, "user" + std::to_string(i), i);
    later(10'000'000);
    for (uint64_t i = 1; i <= kSessions; ++i) ping(i);
    turn();
    for (uint64_t i = 1; i <= kSessions; ++i) received(i);
  }
  void ping(uint64_t rid) {
    v1::ClientFrame f;
    f.mutable_ping();
    ask(rid, rid, 9, f);
  }
  // Returns the sessions that were told to go since the last call.
  std::vector<uint64_t> told() {
    std::vector<uint64_t> out;
    for (uint64_t i = 1; i <= kSessions; ++i) {
      for (const auto code : errors(i)) {
        EXPECT_EQ(code, v1::SHUTTING_DOWN);
        out.push_back(i);
      }
    }
    return out;
  }
  v1::Heartbeat last_heartbeat() {
    v1::Heartbeat last;
    for (const auto& bytes : ports->broker) {
      v1::WorkerFrame f;
      if (f.ParseFromString(bytes) && f.has_heartbeat()) last = f.heartbeat();
    }
    return last;
  }
};

TEST_F(WorkerLevelling, KeepsItsSessionsWhileItIsNearItsShare) {
  share = 16;
  for (int i = 0; i < 10; ++i) later(500'000);
  EXPECT_THAT(told(), IsEmpty());
  share = 0;
  for (int i = 0; i < 10; ++i) later(500'000);
  EXPECT_THAT(told(), IsEmpty()) << "a broker that does not say";
}

TEST_F(WorkerLevelling, HandsAFewOverAtATimeUntilItIsNear) {
  share = 5;
  later(500'000);
  EXPECT_THAT(told(), ElementsAre(1));
  EXPECT_EQ(engine->sessions(), kSessions) << "what is in hand is still this worker's";
  std::set<uint64_t> left = {1};
  size_t n = 1;
  for (int i = 0; i < 100; ++i) {
    for (uint64_t rid = 1; rid <= kSessions; ++rid) {
      if (!left.contains(rid)) ping(rid);
    }
    later(500'000);
    const auto now_told = told();
    left.insert(now_told.begin(), now_told.end());
    n += now_told.size();
  }
  EXPECT_EQ(n, kSessions - 7) << "down to half of the margin";
  EXPECT_EQ(engine->counters().handed_over, n);
  EXPECT_EQ(engine->sessions(), 7u) << "who does not leave is ended";
}

TEST_F(WorkerLevelling, ThoseThatWereToldCountNoMore) {
  share = 5;
  for (int i = 0; i < 4; ++i) later(500'000);
  EXPECT_EQ(last_heartbeat().sessions(), kSessions - engine->counters().handed_over + 1);
}

TEST_F(WorkerLevelling, TheIdleGoFirstAndWhoHasSomethingUnderWayStays) {
  share = 5;
  for (uint64_t i = 1; i <= kSessions; ++i) {
    v1::ClientFrame f;
    f.mutable_get_devices();
    if (i != 11 && i != 12) ask(i, i, 30, f);
  }
  later(500'000);
  later(500'000);
  later(500'000);
  EXPECT_THAT(told(), ElementsAre(11, 12));
}

TEST_F(WorkerLevelling, WhoHasJustComeStays) {
  engine->on_client_gone(now, 3);
  share = 5;
  live(30, 1030, "user30", 30);
  for (int i = 0; i < 60; ++i) later(100'000);
  for (const uint64_t rid : told()) EXPECT_NE(rid, 30u);
  EXPECT_THAT(errors(30), IsEmpty());
}

TEST_F(WorkerLevelling, ItsHeartbeatSaysWhetherTheDatabaseTakesWrites) {
  later(500'000);
  EXPECT_FALSE(last_heartbeat().not_ready());
  ports->writes = false;
  later(500'000);
  EXPECT_TRUE(last_heartbeat().not_ready());
  ports->writes = true;
  later(500'000);
  EXPECT_FALSE(last_heartbeat().not_ready());
}

}  // namespace
}  // namespace fastchat::test
