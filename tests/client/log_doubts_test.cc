// The client's part of the log of keys where it is in doubt: silence, broken links, answers that excuse something, and
// what others can do to the list of alarms.
#include <gmock/gmock.h>

#include "tests/client/log_fixture.h"

namespace fastchat::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr int64_t kHourMs = 3'600'000;

class LogDoubtsTest : public LogFixture {
 protected:
  // Lets the answers about bob's place in the log have no leaf.
  void leave_bob_out() {
    lie_ = [](v1::ServerFrame& f) {
      if (!f.has_log_proofs()) return;
      auto& proofs = *f.mutable_log_proofs()->mutable_proofs();
      for (int i = proofs.size(); i-- > 0;) {
        if (proofs[i].leaf().user() == "bob") proofs.DeleteSubrange(i, 1);
      }
    };
  }
  static void refuse(v1::ServerFrame& f, v1::ErrorCode code) { f.mutable_error()->set_code(code); }
};

// The person gave an invite line with the log key of `invited_`.
class LogInviteTest : public LogFixture {
 protected:
  LogInviteTest() : LogInviteTest(TestLog(realm())) {}
  explicit LogInviteTest(TestLog invited) : LogFixture(invited.key().public_key), invited_(std::move(invited)) {}
  // Makes a profile that has followed the list under log_.key().
  void pin_the_log() {
    begin();
    ASSERT_TRUE(table().put_state({log_.key().public_key, log_.head(), 0}).ok());
    commit();
    ASSERT_TRUE(rooms_.load().ok());
  }
  TestLog invited_;
};

// ---- silence

// The head came right before the end, and the server of the next session is honest.
TEST_F(LogDoubtsTest, AHeadThatWaitedADayWithoutASessionIsNoAlarm) {
  session();
  mute_ = true;
  hears(log_.head_of(3));
  end_session();
  away(25 * kHourMs);
  mute_ = false;
  session();
  EXPECT_THAT(told(), IsEmpty());
  EXPECT_TRUE(table().heads()->empty());
}

// A session at servers of an earlier version, in the middle of an update.
TEST_F(LogDoubtsTest, AServerWithoutALogIsNotAskedAndTheHeadIsComparedLater) {
  session();
  mute_ = true;
  hears(log_.head_of(3));
  end_session();
  away(25 * kHourMs);
  mute_ = false;
  session(Bytes());
  for (int i = 0; i < 3; ++i) later(61'000);
  EXPECT_THAT(told(), IsEmpty());
  EXPECT_EQ(table().heads()->size(), 1u);
  end_session();
  session();
  EXPECT_THAT(told(), IsEmpty());
  EXPECT_TRUE(table().heads()->empty());
}

TEST_F(LogDoubtsTest, ALinkThatBreaksIsNoSilenceOfTheServer) {
  session();
  log_.add_others(4);
  session();
  mute_ = true;
  hears(log_.head_of(3));
  for (int i = 0; i < 3; ++i) {
    later(1'500);
    break_link();
    away(25 * kHourMs);
    session();
  }
  EXPECT_THAT(told(), IsEmpty());
  EXPECT_EQ(table().state()->missing_since, 0);
  EXPECT_EQ(table().read()->stuck_since, 0);
  EXPECT_EQ(table().heads()->size(), 1u);
}

TEST_F(LogDoubtsTest, SilenceBeforeALongPauseIsNoDayOfSilence) {
  session();
  mute_ = true;
  session();
  later(40'000);  // the question is given up
  EXPECT_NE(table().state()->missing_since, 0);
  end_session();
  away(48 * kHourMs);
  session();
  later(40'000);
  EXPECT_THAT(told(), IsEmpty()) << "one question of this session";
  mute_ = false;
  later(60'000);
  EXPECT_EQ(table().state()->missing_since, 0);
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(LogDoubtsTest, KeysThatAreNotProvenForADayAreAnAlarm) {
  begin();
  for (const char* name : {"carol", "dave", "erin"}) ASSERT_TRUE(pins_.learn(name, spki(2), 1).ok());
  commit();
  lie_ = [](v1::ServerFrame& f) {
    if (f.has_log_proofs()) refuse(f, v1::BUSY);
  };
  session();
  for (int i = 0; i < 23; ++i) later(kHourMs);
  EXPECT_THAT(told(), IsEmpty());
  for (int i = 0; i < 3; ++i) later(kHourMs);
  EXPECT_THAT(told(), ElementsAre(HasSubstr("has not proven that the keys of 4 contacts (bob, carol, dave, ...) are")));
  EXPECT_NE(table().unproven_since().value(), 0);
  lie_ = nullptr;
  for (const char* name : {"carol", "dave", "erin"}) log_.add(name, pins_.get(name)->key.fpr);
  for (int i = 0; i < 3; ++i) later(120'000);
  EXPECT_EQ(table().unproven_since().value(), 0);
  EXPECT_THAT(told(), IsEmpty());
}

// ---- answers that excuse something

// A server that shows a false key must not get out of the proof by not knowing bob for a moment.
TEST_F(LogDoubtsTest, AnUnknownUserWithAnotherKeyInTheLogIsAnAlarm) {
  bob_key_ = 0;
  log_.add("bob", Bytes(32, 'x'), 1);
  session();
  later(20'000);
  EXPECT_THAT(told(), ElementsAre(HasSubstr("has another key of bob")));
}

TEST_F(LogDoubtsTest, AnUnknownUserWhoseAccountEndsMeanwhileIsNone) {
  bob_key_ = 0;
  log_.add("bob", Bytes(32, 'x'), 1);
  session();
  log_.add("bob", "", 2);
  later(20'000);
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(LogDoubtsTest, ADeletionThatIsNotProvenExcusesNothing) {
  bob_key_ = 0;
  lie_ = [](v1::ServerFrame& f) {
    if (!f.has_log_proofs()) return;
    for (auto& proof : *f.mutable_log_proofs()->mutable_proofs()) {
      if (proof.leaf().user() == "bob") proof.mutable_leaf()->clear_fpr();
    }
  };
  session();
  later(20'000);
  EXPECT_THAT(told(), ElementsAre(HasSubstr("says that the account of bob was deleted")));
}

TEST_F(LogDoubtsTest, AnUnknownUserWithoutALeafIsAskedForAgainOnceTheServerKnowsTheUser) {
  leave_bob_out();
  bob_key_ = 0;
  session();
  later(20'000);
  EXPECT_THAT(told(), IsEmpty()) << "deleted before there was a log";
  bob_key_ = 1;
  look_ups_.resolve("bob", [](const auto&) {});
  serve();
  bob_key_ = 0;
  for (int i = 0; i < 3; ++i) later(20'000);
  EXPECT_THAT(told(), ElementsAre(HasSubstr("has no key of bob")));
}

TEST_F(LogDoubtsTest, AUserWhomTheServerShowedInThisSessionNeedsALeaf) {
  leave_bob_out();
  const auto leave_out = lie_;
  lie_ = [&](v1::ServerFrame& f) {
    if (f.has_log_proofs()) bob_key_ = 0;
    leave_out(f);
  };
  session();
  later(20'000);
  EXPECT_THAT(told(), ElementsAre(HasSubstr("has no key of bob")));
}

// Bob has just changed the key, and the server is busy.
TEST_F(LogDoubtsTest, ALookUpThatFailsIsNoLookUp) {
  log_.add("bob", e2e::fingerprint(realm(), "bob", spki(2)), 1);
  bool busy = false;
  lie_ = [&](v1::ServerFrame& f) {
    if (f.has_log_proofs()) busy = true;
    if (busy && f.has_users()) refuse(f, v1::BUSY);
  };
  session();
  later(20'000);
  later(20'000);
  EXPECT_THAT(told(), IsEmpty());
  busy = false;
  lie_ = nullptr;
  log_.add("bob", bob(), 2);
  later(120'000);
  EXPECT_TRUE(table().proven()->contains("bob"));
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(LogDoubtsTest, EndlessLookUpsThatFailAreAnAlarm) {
  log_.add("bob", Bytes(32, 'x'), 1);
  lie_ = [](v1::ServerFrame& f) {
    if (f.has_users()) refuse(f, v1::BUSY);
  };
  session();
  for (int i = 0; i < 27; ++i) later(kHourMs);
  EXPECT_THAT(told(), ElementsAre(HasSubstr("has not proven that the key of bob is in its list")));
}

// Another device changes the key at this moment; the server ends this session soon.
TEST_F(LogDoubtsTest, TheOwnNameIsAskedForAgainOnlyAfterAWhile) {
  log_.add("alice", Bytes(32, 'x'), 1);
  session();
  EXPECT_THAT(told(), IsEmpty());
  later(20'000);
  EXPECT_THAT(told(), testing::Contains(HasSubstr("has another key of alice")));
}

// ---- the list of alarms

TEST_F(LogDoubtsTest, ASenderCausesOneAlarmADayInAllConversationsTogether) {
  session();
  TestLog other(realm());
  other.add_others(3);
  for (char c = 'a'; c < 'f'; ++c) {
    EXPECT_TRUE(rooms_.gossip.on_head(store::ConversationId::group(Bytes(16, c)), "bob", other.head()));
  }
  serve();
  EXPECT_THAT(told(), ElementsAre(HasSubstr("bob sent a list of keys")));
  ASSERT_EQ(table().alarms()->size(), 1u);
  EXPECT_TRUE(table().alarms()->front().key.empty()) << "nothing proves this head";
}

TEST_F(LogDoubtsTest, APageOfKeysInTheOwnNameIsOneAlarm) {
  session();
  for (int i = 0; i < 50; ++i) log_.add("alice", Bytes(32, 'x'), static_cast<uint64_t>(i));
  log_.add("alice", me(), 99);
  session();
  later(1'500);
  EXPECT_THAT(told(), ElementsAre(HasSubstr("has a key in your name that is not yours")));
  EXPECT_EQ(table().read()->size, log_.size());
}

TEST_F(LogDoubtsTest, AnAlarmWithASignedHeadNamesTheKeyThatSignedIt) {
  session();
  TestLog other(realm());
  other.sign_as(log_);
  while (other.size() < 7) other.add("eve" + std::to_string(other.size()), Bytes(32, 'e'));
  EXPECT_TRUE(hears(other.head()));
  ASSERT_EQ(table().alarms()->size(), 1u);
  EXPECT_TRUE(verify_log_head(table().alarms()->front().key, realm(), table().alarms()->front().shown));
}

// A list that only grows on paper: its root would never come up for comparison.
TEST_F(LogDoubtsTest, AListTooLongToReadInAMonthIsAnAlarm) {
  session();
  begin();
  auto state = table().state().value();
  state.head = sign_log_head(log_.key(), realm(), uint64_t{1} << 40, Bytes(32, 'r'), state.head.ms + 1);
  ASSERT_TRUE(table().put_state(state).ok());
  auto read = table().read().value();
  read.size = 0;
  read.known = true;
  ASSERT_TRUE(table().put_read(read).ok());
  commit();
  ASSERT_TRUE(rooms_.load().ok());
  const LogHead endless = state.head;
  lie_ = [&](v1::ServerFrame& f) {
    if (!f.has_log_growth()) return;
    v1::LogHead& head = *f.mutable_log_growth()->mutable_head();
    head.set_size(endless.size);
    head.set_root(endless.root);
    head.set_ms(endless.ms);
    head.set_signature(endless.signature);
  };
  session();
  for (int i = 0; i < 3; ++i) later(1'500);
  EXPECT_THAT(told(), testing::Contains(HasSubstr("needs more than a month to read")));
}

// ---- the invite line

TEST_F(LogInviteTest, AnOldLineLeavesThePinnedKeyAndTheChecksGoOn) {
  pin_the_log();
  log_.add_others(2);
  for (int i = 0; i < 2; ++i) {
    session();
    EXPECT_TRUE(rooms_.log.usable());
    EXPECT_EQ(table().state()->head, log_.head());
    if (i == 0) {
      EXPECT_THAT(told(), ElementsAre(HasSubstr("If the line is an old one, remove it")));
    } else {
      EXPECT_THAT(told(), IsEmpty()) << "told once";
    }
    ASSERT_TRUE(rooms_.load().ok());
  }
}

TEST_F(LogInviteTest, ALineWithAKeyThatSignsNothingChangesNothingOnDisk) {
  pin_the_log();
  session("");
  session(invited_.key().public_key);  // told, and the heads are signed with the other key
  EXPECT_THAT(told(), ElementsAre(HasSubstr("is not signed with its log key")));
  later(120'000);
  EXPECT_EQ(table().state()->key, log_.key().public_key);
  EXPECT_EQ(table().state()->head, log_.head());
}

TEST_F(LogInviteTest, ANewLineReplacesThePinnedKeyWithItsFirstHead) {
  pin_the_log();
  invited_.add("alice", me());
  invited_.add("bob", bob());
  log_ = invited_;
  session();
  EXPECT_EQ(table().state()->key, invited_.key().public_key);
  EXPECT_EQ(table().state()->head, invited_.head());
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(LogInviteTest, AProfileWithoutAHeadPinsTheKeyOfTheLine) {
  session();
  EXPECT_EQ(told().size(), 1u) << "the broker tells another key";
  EXPECT_FALSE(rooms_.log.usable());
  log_.sign_as(invited_);
  session(invited_.key().public_key);
  EXPECT_TRUE(rooms_.log.usable());
  EXPECT_EQ(table().state()->key, invited_.key().public_key);
}

}  // namespace
}  // namespace fastchat::client
