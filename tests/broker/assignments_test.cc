// From logged in to assigned, and the control link (PROTOCOL.md sections 3 and 5), through the engine.
#include <gtest/gtest.h>

#include "tests/broker/fake_ports.h"

namespace fastchat::test {
namespace {

using Links = std::vector<std::pair<Rid, uint64_t>>;
using Ids = std::vector<uint64_t>;

struct Assigning : testing::Test {
  void SetUp() override {
    b.account("alice");
    b.settle("alice", 'd');
    b.hello(7);
  }
  void join(const Ids& ids) {
    for (const uint64_t id : ids) b.join(id);
    b.ports.to_workers.clear();
  }
  Broker b;
};

TEST_F(Assigning, AKnownDeviceIsGrantedAtOnceAndAssignedWhenTheWorkerAnswers) {
  join({1, 2});
  b.log_in(7, "alice");
  EXPECT_TRUE(b.last(7).has_logged_in());
  EXPECT_EQ((Links{{1, 0}, {2, 0}}), b.invalidates()) << "every worker is told, nobody is waited for";
  ASSERT_EQ((Ids{1}), b.grants());
  const auto grant = b.last_grant();
  EXPECT_EQ(Bytes(32, 'A' + 7), grant.client_key());
  EXPECT_EQ("alice", grant.user());
  EXPECT_EQ(Bytes(16, 'd'), grant.device());
  EXPECT_EQ(2u, grant.session_epoch());
  EXPECT_NE(0u, grant.grant_id());
  b.granted(1, grant.grant_id());
  const auto assignment = b.last(7);
  EXPECT_EQ(3u, assignment.request());
  EXPECT_EQ("tcp://127.0.0.1:8001", assignment.assignment().endpoint());
  EXPECT_EQ(Bytes(32, 'k' + 1), assignment.assignment().key());
  EXPECT_EQ(2u, assignment.assignment().session_epoch());
  EXPECT_EQ("w1", assignment.assignment().worker());
  b.client(7, Broker::log_in_frame("alice", Broker::auth_of("alice")));
  EXPECT_EQ(v1::NOT_ALLOWED, b.last_error(7)) << "assigned is assigned";
}

TEST_F(Assigning, ClientsGoAroundTheWorkers) {
  join({1, 2, 3});
  for (Rid rid = 10; rid < 16; ++rid) {
    b.hello(rid);
    b.log_in(rid, "alice");
  }
  EXPECT_EQ((Ids{1, 2, 3, 1, 2, 3}), b.grants());
}

TEST_F(Assigning, ANewDeviceWaitsUntilEveryWorkerKnowsIt) {
  join({1, 2});
  b.log_in(7, "alice", 'n');
  EXPECT_TRUE(b.last(7).has_logged_in());
  ASSERT_EQ(2u, b.invalidates().size());
  const uint64_t id = b.invalidates()[0].second;
  EXPECT_NE(0u, id);
  EXPECT_TRUE(b.grants().empty());
  b.invalidated(1, id);
  b.invalidated(1, id);
  EXPECT_TRUE(b.ports.requests.empty()) << "one worker twice is not two workers";
  b.invalidated(2, id);
  ASSERT_EQ(1u, b.ports.requests.size()) << "now the queue is adopted";
  EXPECT_TRUE(b.grants().empty());
  b.serve_store();
  ASSERT_EQ((Ids{1}), b.grants());
  b.granted(1, b.last_grant().grant_id());
  EXPECT_TRUE(b.last(7).has_assignment());
  EXPECT_NE(0, b.db.devices.rbegin()->second.last_login_ms);
}

TEST_F(Assigning, AWorkersDeathReleasesTheWait) {
  join({1, 2});
  b.log_in(7, "alice", 'n');
  b.invalidated(1, b.invalidates()[0].second);
  b.silence(2);
  b.pass(5 * kSecond / 2);
  EXPECT_TRUE(b.ports.requests.empty());
  b.pass(kSecond / 2);
  b.serve_store();
  ASSERT_EQ((Ids{1}), b.grants());
  b.granted(1, b.last_grant().grant_id());
  EXPECT_TRUE(b.last(7).has_assignment());
}

TEST_F(Assigning, AWorkersLeaveReleasesTheWait) {
  join({1, 2});
  b.log_in(7, "alice", 'n');
  b.invalidated(1, b.invalidates()[0].second);
  v1::WorkerFrame leave;
  leave.mutable_leave()->set_worker_id(2);
  b.worker(2, leave);
  b.serve_store();
  EXPECT_EQ((Ids{1}), b.grants());
}

TEST_F(Assigning, AnInvalidateIsRepeatedUntilItIsAnswered) {
  join({1, 2});
  b.log_in(7, "alice", 'n');
  const uint64_t id = b.invalidates()[0].second;
  b.invalidated(1, id);
  b.ports.to_workers.clear();
  b.pass(kSecond);
  EXPECT_EQ((Links{{2, id}}), b.invalidates());
}

TEST_F(Assigning, AWorkerThatComesBackOverAnotherLinkIsToldAgain) {
  join({1, 2});
  b.log_in(7, "alice", 'n');
  const uint64_t id = b.invalidates()[0].second;
  b.invalidated(1, id);
  b.ports.to_workers.clear();
  b.join(2, 52);
  EXPECT_EQ((Links{{52, id}}), b.invalidates());
  b.invalidated(2, id);
  b.serve_store();
  ASSERT_EQ((Ids{1}), b.grants());
  b.ports.to_workers.clear();
  b.join(1, 51);
  EXPECT_EQ((Ids{51}), b.grants()) << "and the grant with it";
}

TEST_F(Assigning, ANewDeviceWaitsForWorkersThatABrokerWhichHasJustStartedDoesNotKnow) {
  b.engine.on_overslept(b.now);
  b.hello(7);
  join({1});
  b.log_in(7, "alice", 'n');
  ASSERT_EQ(1u, b.invalidates().size());
  b.invalidated(1, b.invalidates()[0].second);
  b.pass(2 * kSecond);
  EXPECT_TRUE(b.ports.requests.empty()) << "another worker may still trust what a former broker told it";
  b.pass(kSecond);
  b.serve_store();
  EXPECT_EQ((Ids{1}), b.grants());
}

TEST_F(Assigning, ADeviceWhoseLoginDidNotFinishIsStillNew) {
  join({1});
  b.log_in(7, "alice", 'n');
  b.engine.on_client_gone(b.now, 7);
  b.ports.to_workers.clear();
  b.hello(8);
  b.log_in(8, "alice", 'n');
  ASSERT_EQ(1u, b.invalidates().size());
  EXPECT_NE(0u, b.invalidates()[0].second);
  EXPECT_TRUE(b.grants().empty());
}

TEST_F(Assigning, AnotherWorkerIsAskedWhenTheFirstDoesNotAnswer) {
  join({1, 2});
  b.log_in(7, "alice");
  ASSERT_EQ((Ids{1}), b.grants());
  const uint64_t first = b.last_grant().grant_id();
  b.pass(5 * kSecond / 2);
  ASSERT_EQ((Ids{1, 2}), b.grants());
  EXPECT_NE(first, b.last_grant().grant_id());
  b.granted(1, first);
  EXPECT_TRUE(b.last(7).has_logged_in()) << "too late: the client is not sent to both";
  b.granted(2, b.last_grant().grant_id());
  EXPECT_EQ("w2", b.last(7).assignment().worker());
}

TEST_F(Assigning, AGrantIsAnsweredByTheWorkerThatGotIt) {
  join({1, 2});
  b.log_in(7, "alice");
  b.granted(2, b.last_grant().grant_id());
  EXPECT_TRUE(b.last(7).has_logged_in());
  b.granted(1, b.last_grant().grant_id());
  EXPECT_TRUE(b.last(7).has_assignment());
}

TEST_F(Assigning, OneSilentWorkerIsWaitedForFiveSeconds) {
  join({1});
  b.log_in(7, "alice");
  b.pass(9 * kSecond / 2);
  EXPECT_TRUE(b.last(7).has_logged_in());
  b.pass(kSecond / 2);
  EXPECT_EQ(v1::NO_WORKER, b.last_error(7));
  EXPECT_EQ(3u, b.last(7).request());
  b.log_in(7, "alice");
  b.granted(1, b.last_grant().grant_id());
  EXPECT_TRUE(b.last(7).has_assignment()) << "the link may log in again";
}

TEST_F(Assigning, TwoSilentWorkersAreNoWorkerAfterFiveSeconds) {
  join({1, 2, 3});
  b.log_in(7, "alice");
  b.pass(5 * kSecond);
  EXPECT_EQ(v1::NO_WORKER, b.last_error(7));
  EXPECT_EQ((Ids{1, 2}), b.grants());
}

TEST_F(Assigning, WithoutWorkersTheAnswerComesAtOnce) {
  b.log_in(7, "alice");
  EXPECT_EQ(v1::NO_WORKER, b.last_error(7));
  b.log_in(7, "alice", 'n');
  EXPECT_EQ(v1::NO_WORKER, b.last_error(7));
}

TEST_F(Assigning, WorkersThatDieOrCannotBeReachedArePassedOver) {
  join({1, 2, 3});
  b.ports.unreachable.insert(1);
  b.log_in(7, "alice");
  EXPECT_EQ((Ids{2}), b.grants());
  v1::WorkerFrame leave;
  leave.mutable_leave()->set_worker_id(2);
  b.worker(2, leave);
  EXPECT_EQ((Ids{2, 3}), b.grants());
  b.granted(3, b.last_grant().grant_id());
  EXPECT_EQ("w3", b.last(7).assignment().worker());
}

TEST_F(Assigning, WorkersThatDrainGetNobody) {
  join({1, 2});
  b.beat(1, 0, true);
  b.log_in(7, "alice");
  EXPECT_EQ((Ids{2}), b.grants());
}

TEST_F(Assigning, AdoptingWithoutADatabaseIsBusy) {
  join({1});
  b.log_in(7, "alice", 'n');
  b.invalidated(1, b.invalidates()[0].second);
  b.fail_one();
  EXPECT_EQ(v1::BUSY, b.last_error(7));
  b.log_in(7, "alice", 'n');
  EXPECT_NE(0u, b.invalidates().back().second) << "still new";
}

TEST_F(Assigning, AClientThatLeavesIsNotGranted) {
  join({1});
  b.client(7, Broker::log_in_frame("alice", Broker::auth_of("alice")));
  b.serve_one();
  b.engine.on_client_gone(b.now, 7);
  b.serve_store();
  EXPECT_TRUE(b.grants().empty());
  EXPECT_TRUE(b.invalidates().empty()) << "the client may have a session by now, through another broker";
  EXPECT_TRUE(b.engine.quiet());
}

TEST_F(Assigning, NothingIsLeftBehind) {
  join({1, 2});
  b.log_in(7, "alice", 'n');
  b.hello(8);
  b.log_in(8, "alice");
  b.client_bytes(8, "\xff");
  b.silence(1);
  b.silence(2);
  b.pass(70 * kSecond);
  EXPECT_TRUE(b.engine.quiet());
  EXPECT_EQ(0u, b.engine.links());
  EXPECT_EQ(std::numeric_limits<int64_t>::max(), b.engine.next_tick_us());
}

// ---- the control link

v1::BrokerFrame last_to(const Broker& b, Rid rid) {
  v1::BrokerFrame last;
  for (const auto& [to, frame] : b.ports.to_workers) {
    if (to == rid) last = frame;
  }
  return last;
}

TEST(Control, AWorkerIsWelcomedAndTheOthersHearOfIt) {
  Broker b;
  b.join(1);
  ASSERT_TRUE(last_to(b, 1).has_welcome());
  EXPECT_EQ(b.engine.broker_id(), last_to(b, 1).welcome().broker_id());
  EXPECT_EQ(1, last_to(b, 1).welcome().peers_size()) << "the receiver too";
  b.join(2);
  EXPECT_EQ(2, last_to(b, 2).welcome().peers_size());
  ASSERT_TRUE(last_to(b, 1).has_peers());
  EXPECT_EQ("tcp://127.0.0.1:8102", last_to(b, 1).peers().peers(1).bus_endpoint());
  b.ports.to_workers.clear();
  b.join(2);
  EXPECT_EQ(1u, b.ports.to_workers.size()) << "who registers again changes nothing";
}

// A worker of version 1 refuses a frame with fields that it does not know.
TEST(Control, OnlyWorkersOfVersion2HearOfVersions) {
  Broker b;
  b.join(1, 1, Bytes(16, 'R'), 1);
  EXPECT_EQ(0u, last_to(b, 1).welcome().peers(0).version());
  b.join(2, 2, Bytes(16, 'R'), 2);
  EXPECT_EQ(1u, last_to(b, 2).welcome().peers(0).version());
  EXPECT_EQ(2u, last_to(b, 2).welcome().peers(1).version());
  EXPECT_EQ(0u, last_to(b, 1).peers().peers(1).version());
  b.join(3, 3, Bytes(16, 'R'), 2);
  EXPECT_EQ(2u, last_to(b, 2).peers().peers(2).version());
  EXPECT_EQ(0u, last_to(b, 1).peers().peers(2).version());
}

TEST(Control, EveryHeartbeatIsAnswered) {
  Broker b;
  b.join(1);
  b.beat(1);
  EXPECT_TRUE(last_to(b, 1).has_beat());
  b.rid_of[9] = 9;
  b.beat(9);
  EXPECT_TRUE(last_to(b, 9).has_who_are_you());
}

TEST(Control, ADeadWorkerIsDroppedAndAskedWhoItIsWhenItSpeaksAgain) {
  Broker b;
  b.join(1);
  b.join(2);
  b.silence(2);
  b.pass(3 * kSecond);
  EXPECT_EQ(1u, b.engine.roster().size());
  EXPECT_EQ(1, b.ports.events[Event::kWorkerDead]);
  b.ports.to_workers.clear();
  b.beat(2);
  EXPECT_TRUE(last_to(b, 2).has_who_are_you());
  b.join(2);
  EXPECT_EQ(2u, b.engine.roster().size());
}

TEST(Control, TheRestHearOfADeathAndOfALeave) {
  Broker b;
  for (const uint64_t id : {1, 2, 3}) b.join(id);
  b.silence(2);
  b.pass(3 * kSecond);
  bool told = false;
  for (const auto& [rid, frame] : b.ports.to_workers)
    told |= rid == 1 && frame.has_peers() && frame.peers().peers_size() == 2;
  EXPECT_TRUE(told);
  v1::WorkerFrame leave;
  leave.mutable_leave()->set_worker_id(3);
  b.worker(3, leave);
  EXPECT_EQ(1, last_to(b, 1).peers().peers_size());
}

TEST(Control, AWorkerOfAnotherRealmOrVersionIsRefused) {
  Broker b;
  b.join(1, 1, Bytes(16, 'X'));
  b.join(2, 2, Bytes(16, 'R'), wire::kVersion + 1);
  EXPECT_EQ(0u, b.engine.roster().size());
  EXPECT_EQ(2, b.ports.events[Event::kWorkerRefused]);
  EXPECT_TRUE(b.ports.to_workers.empty());
}

TEST(Control, AWorkerMayNotLeaveForAnother) {
  Broker b;
  b.join(1);
  b.join(2);
  v1::WorkerFrame leave;
  leave.mutable_leave()->set_worker_id(1);
  b.worker(2, leave);
  EXPECT_EQ(2u, b.engine.roster().size());
}

TEST(Control, LeastSessionsGoesByHeartbeats) {
  Broker b(v1::OPEN, broker::Policy::kLeastSessions);
  b.account("alice");
  b.settle("alice", 'd');
  for (const uint64_t id : {1, 2, 3}) b.join(id);
  b.beat(1, 8);
  b.beat(2, 3);
  b.beat(3, 5);
  for (Rid rid = 10; rid < 14; ++rid) {
    b.hello(rid);
    b.log_in(rid, "alice");
  }
  EXPECT_EQ((Ids{2, 2, 3, 2}), b.grants()) << "3 and 4, then a tie of 5 and 5 goes on behind the last, then 5";
}

}  // namespace
}  // namespace fastchat::test
