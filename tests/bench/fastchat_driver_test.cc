#include "bench/fastchat_driver.h"

#include <gtest/gtest.h>

#include <set>

#include "bench/meter.h"
#include "common/names.h"
#include "tests/bench/fake_server.h"
#include "tests/bench/recorder.h"

namespace fastchat::bench {
namespace {

class FastchatDriverTest : public testing::Test {
 protected:
  ~FastchatDriverTest() override {
    for (Link* link : {&a_, &b_, &c_}) hub_.close(*link, 0);
  }
  void start(size_t batch = 1024, bool sign_up = false) {
    FastchatDriver::Config config;
    config.broker = server_.invite();
    if (wrong_realm_) config.broker.realm[0] = '\0';
    config.users = 3;
    config.batch = batch;
    config.sign_up = sign_up;
    driver_.emplace(hub_, seen_, accounts_, config);
    hub_.set_events(&*driver_);
  }
  template <class Condition>
  void turn_until(Condition done) {
    while (!done()) {
      hub_.turn(now_ns() + 1'000'000);
      server_.step();
    }
  }
  void log_in_both() {
    driver_->login(a_);
    driver_->login(b_);
    turn_until([&] { return seen_.ready.size() == 2 || !seen_.lost.empty(); });
    ASSERT_TRUE(seen_.lost.empty()) << seen_.lost.begin()->second;
  }

  FakeServer server_;
  Recorder seen_;
  const Accounts accounts_{"bench", "secret"};
  Hub hub_;
  bool wrong_realm_ = false;
  std::optional<FastchatDriver> driver_;
  Link a_{0}, b_{1}, c_{2};
};

TEST_F(FastchatDriverTest, LogsInAtTheBrokerAndAttachesAtTheWorker) {
  start();
  log_in_both();
  EXPECT_EQ(server_.auth_of["bench00001"], accounts_.auth(1));
  EXPECT_TRUE(seen_.lost.empty());
}

TEST_F(FastchatDriverTest, MessagesArriveInOrderAndAreConfirmedOnce) {
  start();
  log_in_both();
  for (int i = 0; i < 200; ++i) driver_->message(a_, 1, std::to_string(i));
  turn_until([&] { return seen_.confirmed[0] == 200; });
  ASSERT_EQ(seen_.messages[1].size(), 200u);
  for (int i = 0; i < 200; ++i) EXPECT_EQ(seen_.messages[1][static_cast<size_t>(i)], std::to_string(i));
}

TEST_F(FastchatDriverTest, OneTurnIsOneFrameUnlessTheBatchIsSmaller) {
  start();
  log_in_both();
  for (int i = 0; i < 64; ++i) driver_->message(a_, 1, "x");
  turn_until([&] { return seen_.confirmed[0] == 64; });
  EXPECT_EQ(server_.largest_batch, 64u);
}

TEST_F(FastchatDriverTest, BatchLimitsTheSendsOfAFrame) {
  start(10);
  log_in_both();
  for (int i = 0; i < 64; ++i) driver_->message(a_, 1, "x");
  turn_until([&] { return seen_.confirmed[0] == 64; });
  EXPECT_EQ(server_.largest_batch, 10u);
}

TEST_F(FastchatDriverTest, LargeEnvelopesStayBelowTheLimitOfAFrame) {
  start();
  log_in_both();
  const Bytes large(wire::kMaxEnvelope, 'x');
  for (int i = 0; i < 200; ++i) driver_->message(a_, 1, large);  // 4.8 MB: the fake's parser refuses a frame over 1 MiB
  turn_until([&] { return seen_.confirmed[0] == 200; });
  EXPECT_LT(server_.largest_batch, 30u);
}

TEST_F(FastchatDriverTest, IdentitiesOfMessagesNeverRepeatAlsoInALaterSession) {
  start();
  server_.queue_everything = true;
  driver_->set_confirm_queued(true);
  log_in_both();
  for (int i = 0; i < 10; ++i) driver_->message(a_, 1, "x");
  turn_until([&] { return seen_.confirmed[0] == 10; });
  driver_.reset();
  start();
  driver_->set_confirm_queued(true);
  driver_->login(a_);
  turn_until([&] { return seen_.ready.size() == 3; });
  for (int i = 0; i < 10; ++i) driver_->message(a_, 1, "x");
  turn_until([&] { return seen_.confirmed[0] == 20; });
  const std::set<std::pair<Bytes, uint64_t>> unique(server_.identities.begin(), server_.identities.end());
  EXPECT_EQ(unique.size(), 20u);
}

TEST_F(FastchatDriverTest, QueuedAndThenDeliveredCountsOnce) {
  start();
  server_.queue_everything = server_.deliver_after_queue = true;
  driver_->set_confirm_queued(true);
  log_in_both();
  for (int i = 0; i < 50; ++i) driver_->message(a_, 1, "x");
  turn_until([&] { return seen_.confirmed[0] >= 50; });
  driver_->message(a_, 1, "x");
  turn_until([&] { return seen_.confirmed[0] >= 51; });
  EXPECT_EQ(seen_.confirmed[0], 51u);
}

TEST_F(FastchatDriverTest, QueuedIsNoConfirmationWhenTheRecipientIsAwaited) {
  start();
  server_.queue_everything = true;
  log_in_both();
  driver_->message(a_, 1, "x");
  turn_until([&] { return driver_->queued() == 1; });
  EXPECT_EQ(seen_.confirmed[0], 0u);
}

TEST_F(FastchatDriverTest, EachMessageHasAReceiptByItsNumber) {
  start();
  log_in_both();
  const uint64_t first = driver_->send_to(a_, 1, "x");
  turn_until([&] { return seen_.receipts.size() == 1; });
  server_.queue_everything = true;
  const uint64_t second = driver_->send_to(a_, 1, "x");
  turn_until([&] { return seen_.receipts.size() == 2; });
  server_.reject_with = v1::RECIPIENT_FULL;
  const uint64_t third = driver_->send_to(a_, 1, "x");
  turn_until([&] { return seen_.receipts.size() == 3; });
  EXPECT_EQ(seen_.receipts, (std::map<uint64_t, Events::Receipt>{{first, Events::Receipt::kDelivered},
                                                                 {second, Events::Receipt::kQueued},
                                                                 {third, Events::Receipt::kRejected}}));
}

TEST_F(FastchatDriverTest, WhoeverAnIdentitySaysLogsInAndIsWrittenTo) {
  start();
  driver_->identity(0).name = "somebody";
  driver_->identity(0).auth = Bytes(wire::kAuth, 'a');
  driver_->identity(0).device = Bytes(wire::kDeviceId, 'd');
  log_in_both();
  EXPECT_EQ(server_.auth_of["somebody"], Bytes(wire::kAuth, 'a'));
  driver_->message(b_, 0, "hello");
  turn_until([&] { return seen_.messages[0].size() == 1; });
}

struct Answers final : FastchatEvents {
  explicit Answers(Recorder& others) : seen(others) {}
  void on_ready(Link& link) override { seen.on_ready(link); }
  void on_group(Link& link) override { seen.on_group(link); }
  void on_message(Link& link, ByteView body) override { seen.on_message(link, body); }
  void on_confirm(Link& link, uint32_t count) override { seen.on_confirm(link, count); }
  void on_rejected(Link& link, const std::string& why) override { seen.on_rejected(link, why); }
  void on_lost(Link& link, const std::string& why) override { seen.on_lost(link, why); }
  void on_answer(Link& link, const v1::ServerFrame& frame) override {
    answers.emplace_back(link.id, frame.body_case());
  }

  Recorder& seen;
  std::vector<std::pair<int, v1::ServerFrame::BodyCase>> answers;
};

TEST_F(FastchatDriverTest, AnAnswerGoesToWhoAsked) {
  start();
  Answers answers(seen_);
  driver_->set_answers(&answers);
  log_in_both();
  v1::ClientFrame frame;
  frame.mutable_ping();
  driver_->ask(b_, frame);
  turn_until([&] { return answers.answers.size() == 1; });
  EXPECT_EQ(answers.answers[0], std::make_pair(1, v1::ServerFrame::kPong));
}

TEST_F(FastchatDriverTest, ALinkComesFromItsSource) {
  a_.source = "127.0.0.9";
  start();
  driver_->login(a_);
  turn_until([&] { return !seen_.ready.empty(); });
  EXPECT_EQ(server_.last_address, "127.0.0.9");
}

class GroupTest : public FastchatDriverTest {
 protected:
  void make_group() {
    start();
    log_in_both();
    driver_->login(c_);
    turn_until([&] { return seen_.ready.size() == 3; });
    driver_->make_group(a_, kThree);
    turn_until([&] { return seen_.groups.size() == 1; });
  }
  static constexpr Members kThree{0, 3};
};

TEST_F(GroupTest, AGroupIsMadeOfItsUsersAndTheSameEveryTime) {
  make_group();
  driver_->make_group(a_, kThree);
  turn_until([&] { return seen_.groups.size() == 2; });
  ASSERT_EQ(server_.groups.size(), 2u);
  const v1::PutGroup& put = server_.groups[0];
  EXPECT_EQ(put.admin(), "bench00000");
  EXPECT_EQ(std::vector<std::string>(put.members().begin(), put.members().end()),
            (std::vector<std::string>{"bench00000", "bench00001", "bench00002"}));
  EXPECT_TRUE(valid_group_handle(put.name()));
  EXPECT_EQ(put.SerializeAsString(), server_.groups[1].SerializeAsString());
}

TEST_F(GroupTest, AMessageIsSentOnceAndConfirmedForEveryMember) {
  make_group();
  for (int i = 0; i < 50; ++i) driver_->group_message(a_, kThree, std::to_string(i));
  turn_until([&] { return seen_.confirmed[0] == 100; });
  EXPECT_EQ(server_.group_sends, 50u);
  for (const int member : {1, 2}) {
    ASSERT_EQ(seen_.messages[member].size(), 50u);
    EXPECT_EQ(seen_.messages[member].back(), "49");
  }
  EXPECT_TRUE(seen_.messages[0].empty());
}

TEST_F(GroupTest, AMemberWhoseCopyIsQueuedIsNotConfirmed) {
  server_.away = "bench00002";
  make_group();
  driver_->group_message(a_, kThree, "x");
  turn_until([&] { return seen_.confirmed[0] == 1; });
  EXPECT_EQ(driver_->queued(), 1u);
}

TEST_F(FastchatDriverTest, RefusedMessagesAreReported) {
  start();
  server_.reject_with = v1::RECIPIENT_FULL;
  log_in_both();
  driver_->message(a_, 1, "x");
  turn_until([&] { return seen_.rejected.count(0) != 0; });
  EXPECT_EQ(seen_.rejected[0], "RECIPIENT_FULL");
}

TEST_F(FastchatDriverTest, AnErrorOfTheServerEndsTheLogin) {
  start();
  server_.refuse_attach_with = v1::NOT_LOGGED_IN;
  driver_->login(a_);
  turn_until([&] { return seen_.lost.count(0) != 0; });
  EXPECT_EQ(seen_.lost[0].substr(0, 13), "NOT_LOGGED_IN");
  EXPECT_FALSE(hub_.is_open(a_));
}

TEST_F(FastchatDriverTest, AnotherRealmEndsTheLogin) {
  wrong_realm_ = true;
  start();
  driver_->login(a_);
  turn_until([&] { return seen_.lost.count(0) != 0; });
  EXPECT_NE(seen_.lost[0].find("realm"), std::string::npos);
  EXPECT_TRUE(server_.auth_of.empty());
}

TEST_F(FastchatDriverTest, SignUpSendsTheVerifierAndATakenNameIsFine) {
  start(1024, true);
  server_.known = {"bench00001"};
  log_in_both();
  ASSERT_EQ(server_.sign_ups.size(), 2u);
  for (const v1::SignUp& up : server_.sign_ups) {
    const int user = up.user() == "bench00000" ? 0 : 1;
    EXPECT_EQ(up.verifier(), verifier_of(accounts_.auth(user)));
  }
}

TEST_F(FastchatDriverTest, AnIdleLinkPingsAndASilentOneIsLost) {
  start();
  log_in_both();
  driver_->keep_alive(a_, a_.last_sent_ns + 9'000'000'000);
  driver_->keep_alive(b_, b_.last_sent_ns + 10'000'000'000);
  turn_until([&] { return server_.pings == 1; });
  driver_->keep_alive(b_, b_.last_heard_ns + 30'000'000'000);
  EXPECT_EQ(seen_.lost.count(0), 0u);
  EXPECT_EQ(seen_.lost.count(1), 1u);
}

TEST_F(FastchatDriverTest, LogoutSaysBye) {
  start();
  log_in_both();
  driver_->logout(a_);
  turn_until([&] { return server_.byes == 1; });
  EXPECT_FALSE(hub_.is_open(a_));
  EXPECT_TRUE(seen_.lost.empty());
}

}  // namespace
}  // namespace fastchat::bench
