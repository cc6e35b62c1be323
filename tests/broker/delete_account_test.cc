// The end of an account: PROTOCOL.md section 3, version 3.
#include <gtest/gtest.h>

#include "tests/broker/fake_ports.h"

namespace fastchat::test {
namespace {

class DeleteAccount : public testing::Test {
 protected:
  void SetUp() override {
    b.account("alice");
    b.join(1);
    for (const char device : {'d', 'e'}) b.settle("alice", device);
  }
  // Logs in by password over a new link, up to the assignment.
  void assigned(Rid rid, char device = 'd', uint32_t version = 3) {
    b.hello(rid, 1, version);
    b.ask(rid, Broker::log_in_with_hash("alice", device));
    b.granted(1, b.last_grant().grant_id());
    ASSERT_TRUE(b.last(rid).has_assignment()) << b.last(rid).ShortDebugString();
    b.ports.to_workers.clear();
  }
  static v1::ClientFrame frame() { return Broker::delete_account(Broker::auth_of("alice")); }
  v1::ErrorCode code(Rid rid, const v1::ClientFrame& asked) { return b.ask(rid, asked).error().code(); }
  bool is_there() const { return !b.db.users.at(1).deleted; }

  Broker b;
};

TEST_F(DeleteAccount, EndsTheSessionsOfAllDevicesAndEveryWorkerForgetsTheUser) {
  assigned(7);
  std::set<int64_t> dids;
  for (const auto& [did, device] : b.db.devices) dids.insert(did);
  const auto answer = b.ask(7, frame());
  ASSERT_TRUE(answer.has_account_deleted()) << answer.ShortDebugString();
  std::set<int64_t> ended;
  bool forgets = false;
  for (const auto& [rid, sent] : b.ports.to_workers) {
    ASSERT_TRUE(sent.has_invalidate());
    forgets = forgets || sent.invalidate().did() == 0;
    if (sent.invalidate().session_epoch() == UINT64_MAX) ended.insert(static_cast<int64_t>(sent.invalidate().did()));
  }
  EXPECT_EQ(dids, ended);
  EXPECT_TRUE(forgets);
  EXPECT_EQ(1, b.ports.events[Event::kAccountDeleted]);
}

TEST_F(DeleteAccount, LeavesANameThatNobodyLogsInWithOrGets) {
  assigned(7);
  assigned(8, 'e');
  ASSERT_TRUE(b.ask(7, frame()).has_account_deleted());
  b.hello(9, 1, 3);
  EXPECT_EQ(v1::BAD_CREDENTIALS, code(9, Broker::log_in_with_hash("alice", 'd')));
  EXPECT_EQ(v1::BAD_CREDENTIALS, code(9, Broker::log_in_by_secret("alice", 'd', Broker::secret_of('d'))));
  EXPECT_EQ(v1::NAME_TAKEN, code(9, Broker::sign_up_frame("alice")));
  EXPECT_EQ(v1::BAD_CREDENTIALS, code(8, Broker::new_password(Broker::auth_of("alice"), Bytes(32, 'n'))))
      << "a link that was let in before";
}

TEST_F(DeleteAccount, TheLoginOfADeletedUserCostsTheWorkOfAnUnknownOne) {
  assigned(7);
  ASSERT_TRUE(b.ask(7, frame()).has_account_deleted());
  std::vector<Bytes> answers;
  for (const char* user : {"alice", "nobody"}) {
    b.hello(9, 1, 3);
    b.client(9, Broker::log_in_frame(user, Broker::auth_of("alice")));
    ASSERT_EQ(1u, b.ports.requests.size());
    b.serve_one();
    EXPECT_TRUE(b.ports.requests.empty());
    answers.push_back(b.ports.client_bytes.back());
    b.engine.on_client_gone(b.now, 9);
  }
  EXPECT_EQ(answers[0], answers[1]);
}

TEST_F(DeleteAccount, AgainIsTheSameAnswerFromWhicheverDevice) {
  assigned(7);
  assigned(8, 'e');
  b.client(7, frame());
  b.fail_one();
  EXPECT_EQ(v1::BUSY, b.last_error(7));
  EXPECT_TRUE(is_there());
  ASSERT_TRUE(b.ask(7, frame()).has_account_deleted());
  EXPECT_TRUE(b.ask(8, frame()).has_account_deleted()) << "two devices at once";
  EXPECT_EQ(v1::NOT_ALLOWED, code(7, frame())) << "the link is READY";
}

TEST_F(DeleteAccount, NeedsThePasswordOnALinkThatShowedItInVersionThree) {
  EXPECT_EQ(v1::NOT_LOGGED_IN, [&] {
    b.client(70, frame());
    return b.last_error(70);
  }());
  b.hello(7, 1, 3);
  EXPECT_EQ(v1::NOT_ALLOWED, code(7, frame())) << "READY";
  assigned(8, 'd', 2);
  EXPECT_EQ(v1::NOT_ALLOWED, code(8, frame())) << "version 2";
  b.hello(9, 1, 3);
  b.ask(9, Broker::log_in_by_secret("alice", 'd', Broker::secret_of('d')));
  b.granted(1, b.last_grant().grant_id());
  EXPECT_EQ(v1::NOT_ALLOWED, code(9, frame())) << "by secret";
  EXPECT_TRUE(is_there());
}

TEST_F(DeleteAccount, WrongPasswordsCountAndAnotherUsersIsWrong) {
  b.account("bob");
  assigned(7);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(v1::BAD_CREDENTIALS, code(7, Broker::delete_account(Broker::auth_of("bob"))));
  }
  for (int i = 0; i < 5; ++i) EXPECT_EQ(v1::THROTTLED, code(7, Broker::delete_account(Bytes(32, 'w'))));
  EXPECT_EQ(v1::THROTTLED, code(7, frame())) << "the right one too";
  EXPECT_TRUE(is_there());
  b.pass(kSecond);
  EXPECT_TRUE(b.ask(7, frame()).has_account_deleted()) << "the link stays ASSIGNED";
}

TEST_F(DeleteAccount, AChangedPasswordInBetweenRefusesAndSoDoesTheEndOfTheDevice) {
  assigned(7);
  assigned(8, 'e');
  ASSERT_TRUE(b.ask(8, Broker::new_password(Broker::auth_of("alice"), Bytes(32, 'n'))).has_password_changed());
  EXPECT_EQ(v1::BAD_CREDENTIALS, code(7, frame()));
  b.db.end_device(b.db.did_by_device.at({1, Bytes(16, 'd')}));
  EXPECT_EQ(v1::DEVICE_ENDED, code(7, Broker::delete_account(Bytes(32, 'n'))));
  EXPECT_TRUE(is_there());
}

TEST_F(DeleteAccount, NamesTheGroupsThatTheUserHasToHandOver) {
  b.account("bob");
  auto& group = b.db.groups["g"];
  group.gid = 1;
  group.name = "team";
  group.admin = 1;
  group.epoch = 1;
  for (const int64_t uid : {1, 2}) group.members[uid].push_back({1, 0});
  assigned(7);
  const auto refused = b.ask(7, frame());
  EXPECT_EQ(v1::OWNS_GROUPS, refused.error().code());
  ASSERT_EQ(1, refused.error().groups_size());
  EXPECT_EQ("team", refused.error().groups(0));
  EXPECT_TRUE(is_there());
  group.admin = 2;
  EXPECT_TRUE(b.ask(7, frame()).has_account_deleted()) << "the link stays ASSIGNED";
  EXPECT_FALSE(b.db.groups.at("g").has(1));
  EXPECT_TRUE(b.db.groups.at("g").has(2));
}

TEST_F(DeleteAccount, IsDoneAlsoWhenTheClientIsGoneMeanwhile) {
  assigned(7);
  b.client(7, frame());
  b.engine.on_client_gone(b.now, 7);
  b.serve_store();
  EXPECT_FALSE(is_there());
  EXPECT_EQ(1, b.ports.events[Event::kAccountDeleted]);
}

}  // namespace
}  // namespace fastchat::test
