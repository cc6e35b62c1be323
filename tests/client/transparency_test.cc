// The client's part of the log of keys, with an honest server and with one that lies. Number 32 of the adversary's list
// in docs/e2e.md: a leaf left out, a leaf changed, a tree cut back.
#include <gmock/gmock.h>

#include "tests/client/log_fixture.h"

namespace fastchat::client {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr int64_t kDay = KeyLog::kDayMs;

class TransparencyTest : public LogFixture {
 protected:
  // Another list of the same server, of this size: the same key signs it.
  TestLog fork(size_t size, bool same_beginning = false) {
    TestLog other(realm());
    other.sign_as(log_);
    if (same_beginning) {
      other.add("alice", me());
      other.add("bob", bob());
    }
    while (other.size() < size) other.add("eve" + std::to_string(other.size()), Bytes(32, 'e'));
    return other;
  }
};

// ---- the log key and the head

TEST_F(TransparencyTest, KeepsTheFirstKeyAndHeadAndFollowsAnHonestLog) {
  session();
  EXPECT_TRUE(rooms_.log.usable());
  EXPECT_EQ(table().state()->key, log_.key().public_key);
  EXPECT_EQ(rooms_.log.head(), log_.head());
  log_.add_others(9);
  session();
  EXPECT_EQ(rooms_.log.head(), log_.head());
  EXPECT_EQ(table().state()->head, log_.head());
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(TransparencyTest, AServerWithoutALogIsNoAlarm) {
  session("");
  EXPECT_FALSE(rooms_.log.usable());
  EXPECT_EQ(log_asks_, 0);
  later(2 * kDay);
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(TransparencyTest, AnotherLogKeyIsAnAlarmAndThePinnedKeyStays) {
  session();
  const TestLog other(realm());
  session(other.key().public_key);
  EXPECT_THAT(told(), ElementsAre(AllOf(StartsWith("|ALARM: the server signs"), HasSubstr("Ask the operator"))));
  EXPECT_EQ(table().state()->key, log_.key().public_key);
  EXPECT_FALSE(rooms_.log.usable());
  session(other.key().public_key);
  EXPECT_THAT(told(), IsEmpty()) << "told once";
}

TEST_F(TransparencyTest, NoLogForADayIsAnAlarmAndForAnHourIsNone) {
  session();
  session("");
  later(3'600'000);
  EXPECT_THAT(told(), IsEmpty()) << "an upgrade of the servers takes minutes";
  later(kDay);
  EXPECT_THAT(told(), ElementsAre(HasSubstr("for a day the server has not shown its list")));
  session();
  EXPECT_EQ(table().state()->missing_since, 0);
}

TEST_F(TransparencyTest, AServerThatDoesNotAnswerForADayIsAnAlarm) {
  session();
  mute_ = true;
  session();
  for (int i = 0; i < 30; ++i) later(3'600'000);
  EXPECT_THAT(told(), ElementsAre(HasSubstr("for a day the server has not shown its list")));
}

// Proven by leaving the check of the root out of log_continues().
TEST_F(TransparencyTest, T32AnotherRootOfTheSameSizeIsAnAlarmWithBothSignedHeads) {
  session();
  const LogHead before = log_.head();
  log_ = fork(7, true);
  session();
  EXPECT_THAT(told(), ElementsAre(AllOf(HasSubstr("is not the one that this device knows"),
                                        HasSubstr("7 keys, root " + to_hex(before.root.substr(0, 8))),
                                        HasSubstr("7 keys, root " + to_hex(log_.head().root.substr(0, 8))),
                                        HasSubstr("restored from a backup"), HasSubstr("ask the operator"))));
  const auto kept = table().alarms();
  ASSERT_EQ(kept->size(), 1u);
  EXPECT_EQ(kept->front().held, before);
  EXPECT_EQ(kept->front().shown, log_.head());
  EXPECT_TRUE(verify_log_head(kept->front().key, realm(), kept->front().shown)) << "evidence";
  EXPECT_EQ(rooms_.log.head(), log_.head()) << "a restored server does not alarm for ever";
  session();
  EXPECT_THAT(told(), IsEmpty());
  EXPECT_EQ(table().alarms()->size(), 1u) << "it stays listed";
}

// Proven by leaving the comparison of the sizes out of log_continues().
TEST_F(TransparencyTest, T32ATreeThatWasCutBackIsAnAlarm) {
  session();
  TestLog cut = fork(2, true);
  log_ = cut;
  session();
  EXPECT_THAT(told(), ElementsAre(HasSubstr("became shorter: it was 7 keys")));
  EXPECT_EQ(rooms_.log.head().size, 2u);
}

// Proven by leaving verify_consistency() out of log_continues().
TEST_F(TransparencyTest, T32ALargerTreeThatDoesNotContinueIsAnAlarm) {
  session();
  log_ = fork(20, true);
  session();
  EXPECT_THAT(told(), ElementsAre(HasSubstr("is not the one that this device knows: it was 7 keys")));
}

TEST_F(TransparencyTest, AWrongPathIsAnAlarmEvenWhenTheListIsRight) {
  session();
  log_.add_others(3);
  lie_ = [](v1::ServerFrame& f) {
    if (f.has_log_growth() && f.log_growth().paths(0).hashes_size() > 0) {
      (*f.mutable_log_growth()->mutable_paths(0)->mutable_hashes(0))[0] ^= 1;
    }
  };
  session();
  EXPECT_THAT(told(), ElementsAre(HasSubstr("is not the one that this device knows")));
}

// Proven by taking heads without holds().
TEST_F(TransparencyTest, AHeadThatTheLogKeyDidNotSignIsAnAlarmAndIsNotTaken) {
  session();
  const LogHead before = log_.head();
  log_.add_others(1);
  lie_ = [](v1::ServerFrame& f) {
    if (f.has_log_growth()) (*f.mutable_log_growth()->mutable_head()->mutable_signature())[5] ^= 1;
  };
  session();
  EXPECT_THAT(told(), ElementsAre(HasSubstr("is not signed with its log key")));
  EXPECT_EQ(rooms_.log.head(), before);
  later(600'000);
  EXPECT_THAT(told(), IsEmpty()) << "told once";
}

TEST_F(TransparencyTest, ATurnThatTheDiskRefusesForgetsTheHead) {
  attach();
  feed(0, [](auto& f) { f.mutable_drained(); });
  rooms_.attached(log_.key().public_key);
  turn_.check(Result<>(err(Code::kLocalDisk, "the disk is full")));
  turn_.run();
  EXPECT_FALSE(rooms_.log.pinned());
  session();
  EXPECT_EQ(table().state()->head, log_.head());
  EXPECT_THAT(told(), IsEmpty());
}

// ---- the keys of contacts

TEST_F(TransparencyTest, EachKeyIsProvenOnce) {
  session();
  EXPECT_EQ(table().proven()->at("bob"), bob());
  EXPECT_EQ(table().proven()->at("alice"), me());
  const int before = log_asks_;
  session();
  EXPECT_EQ(log_asks_, before + 1) << "the head alone";
  EXPECT_THAT(told(), IsEmpty());
}

// Proven by taking every leaf of the name for the key's.
TEST_F(TransparencyTest, T32AnotherKeyInTheLogIsLookedUpAgainAndThenAnAlarmInTheConversation) {
  log_.add("bob", Bytes(32, 'x'), 1);
  session();
  EXPECT_THAT(told(), IsEmpty()) << "bob may just have changed the key";
  later(20'000);
  EXPECT_THAT(told(), ElementsAre(AllOf(StartsWith("bob|ALARM: the server's list of keys has another key of bob"),
                                        HasSubstr("fastchat verify bob"))));
  EXPECT_FALSE(table().proven()->contains("bob"));
  session();
  later(20'000);
  EXPECT_THAT(told(), IsEmpty()) << "told once";
}

TEST_F(TransparencyTest, AKeyThatComesIntoTheLogMeanwhileIsNoAlarm) {
  log_.add("bob", Bytes(32, 'x'), 1);
  session();
  log_.add("bob", bob(), 2);
  later(20'000);
  later(120'000);
  EXPECT_THAT(told(), IsEmpty());
  EXPECT_TRUE(table().proven()->contains("bob"));
}

// Proven by treating a missing proof as a good one.
TEST_F(TransparencyTest, T32ALeafThatIsLeftOutIsAnAlarm) {
  lie_ = [](v1::ServerFrame& f) {
    if (!f.has_log_proofs()) return;
    auto& proofs = *f.mutable_log_proofs()->mutable_proofs();
    for (int i = proofs.size(); i-- > 0;) {
      if (proofs[i].leaf().user() == "bob") proofs.DeleteSubrange(i, 1);
    }
  };
  session();
  later(20'000);
  EXPECT_THAT(told(), ElementsAre(StartsWith("bob|ALARM: the server's list of keys has no key of bob")));
}

TEST_F(TransparencyTest, AUserWhomTheServerDoesNotKnowNeedsNoLeaf) {
  bob_key_ = 0;
  log_.add("bob", "", 1);
  session();
  later(20'000);
  EXPECT_THAT(told(), IsEmpty());
}

// Proven by leaving verify_inclusion() out of judge_one().
TEST_F(TransparencyTest, T32AProofThatDoesNotHoldIsAnAlarm) {
  lie_ = [](v1::ServerFrame& f) {
    if (!f.has_log_proofs()) return;
    for (auto& proof : *f.mutable_log_proofs()->mutable_proofs()) {
      if (proof.leaf().user() == "bob") proof.set_index(proof.index() ^ 1);
    }
  };
  session();
  later(20'000);
  EXPECT_THAT(told(), ElementsAre(HasSubstr("gives no valid proof of bob's key")));
}

TEST_F(TransparencyTest, ProofsOfAnotherTreeDoNotCount) {
  session();
  begin();
  ASSERT_TRUE(pins_.learn("carol", spki(2), 1).ok());
  commit();
  TestLog other = fork(7, true);
  other.add("carol", e2e::fingerprint(realm(), "carol", spki(2)));
  lie_ = [&](v1::ServerFrame& f) {
    if (!f.has_log_proofs()) return;
    v1::ClientFrame asked;
    asked.mutable_get_log_proofs()->add_users("carol");
    f.clear_log_proofs();
    other.answer(asked, f);
  };
  later(1'000);
  EXPECT_THAT(told(), ElementsAre(HasSubstr("showed two lists of keys that do not fit")));
  EXPECT_FALSE(table().proven()->contains("carol"));
}

TEST_F(TransparencyTest, AsksFor64NamesAtATime) {
  begin();
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(pins_.learn("friend" + std::to_string(i), spki(2), 1).ok());
    log_.add("friend" + std::to_string(i), pins_.get("friend" + std::to_string(i))->key.fpr);
  }
  commit();
  session();
  EXPECT_EQ(table().proven()->size(), 102u);
  EXPECT_EQ(log_asks_, 3) << "the head, and two questions";
}

// ---- the own name

TEST_F(TransparencyTest, ReadsAllNewLeavesInPagesAndGoesOnAfterARestart) {
  session();
  log_.add_others(9'000);
  session();
  for (int i = 0; i < 2; ++i) later(1'500);
  EXPECT_EQ(table().read()->size, 7u + 2 * 4'096u);
  log_.add_others(5);
  EXPECT_TRUE(rooms_.load().ok());
  session();
  for (int i = 0; i < 3; ++i) later(1'500);
  EXPECT_EQ(table().read()->size, log_.size());
  EXPECT_EQ(rooms_.reader.size(), log_.size());
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(TransparencyTest, AsksForABoundedNumberOfPagesADay) {
  session();
  log_.add_others(10);
  log_.page = 9;  // of which none counts
  int64_t pages = 0;
  lie_ = [&](v1::ServerFrame& f) { pages += f.has_log_leaves() ? 1 : 0; };
  session();
  for (int64_t i = 0; i < LeafReader::kPagesPerDay + 20; ++i) later(61'000);
  EXPECT_EQ(pages, LeafReader::kPagesPerDay);
  EXPECT_EQ(table().read()->size, 7u);
  log_.page = 10;
  later(61'000);
  EXPECT_EQ(table().read()->size, 7u);
  later(kDay - 3'600'000);
  EXPECT_EQ(table().read()->size, log_.size());
  EXPECT_THAT(told(), IsEmpty());
}

// Pages of one leaf would keep the comparison of the root away for ever.
TEST_F(TransparencyTest, APageThatIsNotFullIsNoPage) {
  session();
  log_.page = 1;
  log_.add_others(10);
  session();
  for (int i = 0; i < 26; ++i) later(3'600'000);
  EXPECT_EQ(table().read()->size, 7u);
  EXPECT_THAT(told(), ElementsAre(HasSubstr("has not shown which keys it lists")));
}

// Proven by skipping the search for the own name.
TEST_F(TransparencyTest, AKeyInTheOwnNameThatIsNotOnesOwnIsAnAlarm) {
  session();
  log_.add("alice", Bytes(32, 'x'), 1);
  log_.add("alice", me(), 2);  // back at once
  session();
  later(1'500);
  EXPECT_THAT(told(), ElementsAre(AllOf(StartsWith("|ALARM: the server's list of keys has a key in your name"),
                                        HasSubstr("tell your contacts"))));
  EXPECT_EQ(table().read()->size, log_.size()) << "and reading goes on";
}

TEST_F(TransparencyTest, ADeletionInTheOwnNameIsAnAlarm) {
  session();
  log_.add("alice", "", 1);
  log_.add("alice", me(), 2);
  session();
  later(1'500);
  EXPECT_THAT(told(), ElementsAre(HasSubstr("says that your account was deleted")));
}

// Proven by leaving the comparison of the roots out of put().
TEST_F(TransparencyTest, T32AChangedLeafDoesNotMakeTheSignedRoot) {
  session();
  log_.add("alice", Bytes(32, 'x'), 1);
  log_.add("alice", me(), 2);
  lie_ = [](v1::ServerFrame& f) {  // the list that is shown to alice hides the key in her name
    if (f.has_log_leaves()) f.mutable_log_leaves()->mutable_leaves(0)->set_user("somebody");
  };
  session();
  later(1'500);
  EXPECT_THAT(told(), ElementsAre(HasSubstr("are not those that it signed: signed were 9 keys")));
}

TEST_F(TransparencyTest, PagesOutOfOrderDoNotMakeTheSignedRoot) {
  session();
  log_.add_others(4);
  lie_ = [](v1::ServerFrame& f) {
    if (f.has_log_leaves()) f.mutable_log_leaves()->mutable_leaves()->SwapElements(0, 1);
  };
  session();
  later(1'500);
  EXPECT_THAT(told(), ElementsAre(HasSubstr("are not those that it signed")));
}

TEST_F(TransparencyTest, LeavesThatAreNotShownForADayAreAnAlarm) {
  session();
  log_.add_others(4);
  lie_ = [](v1::ServerFrame& f) {
    if (f.has_log_leaves()) f.mutable_log_leaves()->clear_leaves();
  };
  session();
  for (int i = 0; i < 23; ++i) later(3'600'000);
  EXPECT_THAT(told(), IsEmpty());
  for (int i = 0; i < 3; ++i) later(3'600'000);
  EXPECT_THAT(told(), ElementsAre(HasSubstr("has not shown which keys it lists")));
}

// ---- heads between people

TEST_F(TransparencyTest, SendsAHeadOnceAWeekUntilOneCameAndThenOnceADay) {
  session();
  begin();
  EXPECT_FALSE(due()) << "bob has not answered: strangers get three messages";
  commit();
  bob_wrote();
  begin();
  ASSERT_TRUE(due());
  EXPECT_FALSE(due());
  commit();
  later(2 * kDay);
  begin();
  EXPECT_FALSE(due());
  commit();
  later(6 * kDay);
  begin();
  EXPECT_EQ(due()->root, log_.head().root);
  commit();
  EXPECT_TRUE(hears(log_.head()));
  later(kDay + 1);
  begin();
  EXPECT_TRUE(due());
  EXPECT_FALSE(rooms_.gossip.due(store::ConversationId::direct("alice"))) << "not to oneself";
  commit();
}

// Members with an earlier version see a line for each head.
TEST_F(TransparencyTest, SendsAHeadOnceAWeekInAGroup) {
  session();
  const auto group = store::ConversationId::group(Bytes(16, 'g'));
  bob_wrote(group);
  begin();
  EXPECT_TRUE(rooms_.gossip.on_head(group, "bob", log_.head()));
  EXPECT_TRUE(rooms_.gossip.due(group));
  commit();
  later(2 * kDay);
  begin();
  EXPECT_FALSE(rooms_.gossip.due(group));
  commit();
  later(6 * kDay);
  begin();
  EXPECT_TRUE(rooms_.gossip.due(group));
  commit();
}

TEST_F(TransparencyTest, AHeadOfTheSameListIsNoAlarmOlderOrNewer) {
  session();
  EXPECT_TRUE(hears(log_.head_of(3)));
  log_.add_others(3);
  EXPECT_TRUE(hears(log_.head()));
  EXPECT_TRUE(table().heads()->empty());
  EXPECT_EQ(rooms_.log.head(), log_.head());
  EXPECT_THAT(told(), IsEmpty());
}

// 31: two heads for two people. Proven by taking every head of others for one that fits.
TEST_F(TransparencyTest, T31AHeadOfAnotherListIsAnAlarmInTheConversation) {
  session();
  for (const size_t size : {size_t{7}, size_t{5}, size_t{9}}) {
    const TestLog other = fork(size, true);
    EXPECT_TRUE(hears(other.head()));
    EXPECT_THAT(told(),
                ElementsAre(AllOf(StartsWith("bob|ALARM: bob knows a list of keys (" + std::to_string(size)),
                                  HasSubstr(to_hex(other.head().root.substr(0, 8))),
                                  HasSubstr(to_hex(log_.head().root.substr(0, 8))), HasSubstr("ask the operator"))))
        << size;
  }
  EXPECT_EQ(table().alarms()->size(), 3u);
  EXPECT_EQ(table().alarms()->back().shown, fork(9, true).head());
}

TEST_F(TransparencyTest, AHeadThatTheLogKeyDidNotSignNamesItsSenderOnceADay) {
  session();
  TestLog other(realm());
  other.add_others(3);
  EXPECT_TRUE(hears(other.head()));
  EXPECT_THAT(told(), ElementsAre(AllOf(StartsWith("bob|ALARM: bob sent a list of keys"), HasSubstr("ask bob"))));
  EXPECT_TRUE(hears(other.head_of(2)));
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(TransparencyTest, AHeadThatTheServerDoesNotCompareForADayIsAnAlarm) {
  session();
  mute_ = true;
  EXPECT_TRUE(hears(log_.head_of(3)));
  EXPECT_EQ(table().heads()->size(), 1u);
  for (int i = 0; i < 23; ++i) later(3'600'000);
  EXPECT_THAT(told(), IsEmpty());
  for (int i = 0; i < 3; ++i) later(3'600'000);
  EXPECT_THAT(told(), ::testing::Contains(HasSubstr("has not compared with yours")));
  EXPECT_TRUE(table().heads()->empty());
}

TEST_F(TransparencyTest, KeepsAHeadUntilTheServerIsBack) {
  session();
  mute_ = true;
  hears(fork(5, true).head());
  EXPECT_TRUE(rooms_.load().ok());
  mute_ = false;
  session();
  EXPECT_THAT(told(), ElementsAre(StartsWith("bob|ALARM: bob knows a list of keys")));
}

}  // namespace
}  // namespace fastchat::client
