// The contract of every broker::Store about the log of keys, as one GoogleTest suite. Include this header in one source
// file of a test program, because it defines the tests.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/core/store.h"
#include "common/fingerprint.h"
#include "tests/support/key_log.h"

namespace fastchat::test {

// Stores on an empty database, and the tables of the log.
class LogUnderTest {
 public:
  virtual ~LogUnderTest() = default;
  virtual std::unique_ptr<broker::Store> store(std::optional<broker::LogSigner> signer) = 0;
  virtual LogTablesCopy log() = 0;
  // Runs `steps` as a program of the version before runs them: with a log that it does not know.
  virtual void as_before(const std::function<void()>& steps) = 0;
  // Loses the head of the log, and nothing else.
  virtual void lose_head() = 0;
  // Sets the clock of the database back, or of all leaves forward, by an hour.
  virtual void turn_back_clock() = 0;
};

using LogMaker = std::function<std::unique_ptr<LogUnderTest>()>;

class BrokerLogContract : public testing::TestWithParam<LogMaker> {
 protected:
  void SetUp() override {
    under_ = GetParam()();
    with_ = under_->store(log_signer());
    without_ = under_->store({});
  }

  static broker::NewUser person(const std::string& name, const Bytes& invite_hash = {}) {
    return {name, "spki of " + name, "blob", "vault", Bytes(32, 'a'), invite_hash};
  }
  // Signs a user up, who logs in with device 'd'; returns the uid.
  static int64_t signed_up(broker::Store& store, const std::string& name) {
    EXPECT_TRUE(store.sign_up(person(name)).ok());
    const int64_t uid = store.login_row(name, Bytes(16, 'd'))->uid;
    EXPECT_EQ(store.log_in_device({uid, Bytes(16, 'd'), "laptop", Bytes(32, 'a')})->code, Code::kOk);
    return uid;
  }
  // Changes the key of a user for the `number`-th time; the vault has the version number + 1 then.
  static Code rekey(broker::Store& store, int64_t uid, int number, char verifier = 'a') {
    broker::NewPassword change{uid, Bytes(16, 'd'), Bytes(32, verifier), Bytes(32, 'a'), "blob", "vault", number + 1};
    change.identity_blob = "blob " + std::to_string(number);
    change.key = {"key " + std::to_string(number), {"change"}, number};
    const auto done = store.change_password(change);
    EXPECT_TRUE(done.ok());
    return done->code;
  }
  static Code end(broker::Store& store, int64_t uid, char verifier = 'a') {
    const auto done = store.delete_user({uid, Bytes(16, 'd'), Bytes(32, verifier)});
    EXPECT_TRUE(done.ok());
    return done->code;
  }
  // Begins the log as a broker with the key does.
  uint64_t begin() {
    EXPECT_TRUE(with_->claim_log().ok());
    const auto caught_up = with_->catch_up_log();
    EXPECT_TRUE(caught_up.ok());
    return caught_up.ok() ? *caught_up : UINT64_MAX;
  }
  // Returns the leaves as text, "alice 0 spki of alice".
  std::vector<std::string> lines(const std::vector<std::string>& keys) {
    const LogTablesCopy log = under_->log();
    expect_whole(log);
    std::vector<std::string> out;
    for (const broker::LogLeaf& leaf : log.leaves) {
      std::string key = leaf.fpr.empty() ? "gone" : "?";
      for (const std::string& k : keys) {
        if (leaf.fpr == key_fingerprint(kLogRealm, leaf.user, k)) key = k;
      }
      out.push_back(leaf.user + " " + std::to_string(leaf.counter) + " " + key);
    }
    return out;
  }

  std::unique_ptr<LogUnderTest> under_;
  std::unique_ptr<broker::Store> with_, without_;
};

using Lines = std::vector<std::string>;

TEST_P(BrokerLogContract, EachKeyIsOneLeafFromTheTransactionThatMadeIt) {
  EXPECT_EQ(begin(), 0u);
  expect_whole(under_->log());
  const int64_t alice = signed_up(*with_, "alice");
  EXPECT_EQ(lines({"spki of alice"}), (Lines{"alice 0 spki of alice"}));
  signed_up(*with_, "bob");
  EXPECT_EQ(rekey(*with_, alice, 1), Code::kOk);
  EXPECT_EQ(rekey(*with_, alice, 2), Code::kOk);
  EXPECT_EQ(end(*with_, alice), Code::kOk);
  EXPECT_EQ(lines({"spki of alice", "spki of bob", "key 1", "key 2"}),
            (Lines{"alice 0 spki of alice", "bob 0 spki of bob", "alice 1 key 1", "alice 2 key 2", "alice 3 gone"}));
}

TEST_P(BrokerLogContract, RefusalsRepetitionsAndPasswordsAddNoLeaf) {
  begin();
  const int64_t alice = signed_up(*with_, "alice");
  EXPECT_EQ(rekey(*with_, alice, 1), Code::kOk);
  const auto before = lines({"spki of alice", "key 1"});
  EXPECT_TRUE(with_->sign_up(person("alice")).code() == Code::kNameTaken) << "the key is another one now";
  EXPECT_EQ(with_->sign_up(person("carol", Bytes(32, 'i'))).code(), Code::kBadInvite);
  EXPECT_EQ(rekey(*with_, alice, 1), Code::kOk) << "the same again";
  EXPECT_EQ(rekey(*with_, alice, 3), Code::kConflict);
  EXPECT_EQ(rekey(*with_, alice, 2, 'x'), Code::kBadCredentials);
  broker::NewPassword password{alice, Bytes(16, 'd'), Bytes(32, 'a'), Bytes(32, 'b'), "blob", "vault", 3};
  EXPECT_EQ(with_->change_password(password)->code, Code::kOk);
  EXPECT_EQ(end(*with_, alice, 'x'), Code::kBadCredentials);
  EXPECT_EQ(lines({"spki of alice", "key 1"}), before);
  EXPECT_EQ(end(*with_, alice, 'b'), Code::kOk);
  EXPECT_EQ(end(*with_, alice, 'b'), Code::kOk) << "the same again";
  EXPECT_EQ(under_->log().leaves.size(), 3u);
  const int64_t bob = signed_up(*with_, "bob");
  EXPECT_GT(bob, 0);
  EXPECT_TRUE(with_->sign_up(person("bob")).ok()) << "the same again";
  EXPECT_EQ(under_->log().leaves.size(), 4u);
  expect_whole(under_->log());
}

TEST_P(BrokerLogContract, AnInviteMakesOneLeafToo) {
  begin();
  ASSERT_TRUE(with_->create_invite(Bytes(32, 'i'), 1, 0).ok());
  EXPECT_TRUE(with_->sign_up(person("alice", Bytes(32, 'i'))).ok());
  EXPECT_EQ(with_->sign_up(person("bob", Bytes(32, 'i'))).code(), Code::kBadInvite);
  EXPECT_EQ(lines({"spki of alice"}), (Lines{"alice 0 spki of alice"}));
}

TEST_P(BrokerLogContract, AStoreWithoutTheKeyOrWithAnotherIsRefusedOnceThereIsALog) {
  EXPECT_TRUE(without_->claim_log().ok());
  EXPECT_EQ(*without_->catch_up_log(), 0u);
  begin();
  EXPECT_TRUE(under_->store(log_signer())->claim_log().ok());
  const auto missing = without_->claim_log();
  EXPECT_EQ(missing.code(), Code::kLocalUsage);
  const auto other = under_->store(log_signer('x'))->claim_log();
  EXPECT_EQ(other.code(), Code::kLocalUsage);
  EXPECT_TRUE(with_->sign_up(person("alice")).ok());
  EXPECT_EQ(lines({"spki of alice"}).size(), 1u);
}

TEST_P(BrokerLogContract, ALogBeginsWithTheNewestKeyOfEverybody) {
  const int64_t alice = signed_up(*without_, "alice"), bob = signed_up(*without_, "bob");
  signed_up(*without_, "carol");
  EXPECT_EQ(rekey(*without_, alice, 1), Code::kOk);
  EXPECT_EQ(rekey(*without_, alice, 2), Code::kOk);
  EXPECT_EQ(end(*without_, bob), Code::kOk);
  EXPECT_TRUE(under_->log().leaves.empty());
  EXPECT_TRUE(*without_->claim_log()) << "there is nothing to catch up with";
  EXPECT_FALSE(*with_->claim_log()) << "nobody has a leaf yet";
  EXPECT_FALSE(*with_->claim_log()) << "still";
  EXPECT_EQ(begin(), 2u);
  EXPECT_TRUE(*with_->claim_log());
  EXPECT_EQ(lines({"key 2", "spki of carol"}), (Lines{"alice 2 key 2", "carol 0 spki of carol"}));
  EXPECT_EQ(begin(), 0u) << "nothing is missing";
}

// A broker that started before the log began has no key for it.
TEST_P(BrokerLogContract, OnceThereIsALogAStoreWithoutTheKeyMakesNoKeyAndEndsNone) {
  const int64_t alice = signed_up(*without_, "alice");
  ASSERT_TRUE(without_->create_invite(Bytes(32, 'i'), 1, 0).ok());
  begin();
  EXPECT_EQ(without_->sign_up(person("bob")).code(), Code::kBusy);
  EXPECT_EQ(without_->sign_up(person("bob", Bytes(32, 'i'))).code(), Code::kBusy);
  EXPECT_EQ(without_->login_row("bob", Bytes(16, 'd'))->uid, 0);
  broker::NewPassword change{alice, Bytes(16, 'd'), Bytes(32, 'a'), Bytes(32, 'a'), "blob 1", "vault", 2};
  change.key = {"key 1", {"change"}, 1};
  EXPECT_EQ(without_->change_password(change).code(), Code::kBusy);
  EXPECT_EQ(without_->delete_user({alice, Bytes(16, 'd'), Bytes(32, 'a')}).code(), Code::kBusy);
  EXPECT_EQ(lines({"spki of alice"}), (Lines{"alice 0 spki of alice"}));
  EXPECT_EQ(begin(), 0u) << "nothing is missing";
  EXPECT_TRUE(with_->sign_up(person("bob", Bytes(32, 'i'))).ok()) << "no use of the invite was taken";
  EXPECT_EQ(with_->change_password(change)->code, Code::kOk);
  change = {alice, Bytes(16, 'd'), Bytes(32, 'a'), Bytes(32, 'b'), "blob 1", "vault", 3};
  EXPECT_EQ(without_->change_password(change)->code, Code::kOk) << "a password is no key";
}

TEST_P(BrokerLogContract, LeavesWithoutAHeadAreNoReasonToBeginAnew) {
  begin();
  signed_up(*with_, "alice");
  under_->lose_head();
  for (const auto* store : {&with_, &without_}) {
    const auto claimed = (*store)->claim_log();
    EXPECT_EQ(claimed.code(), Code::kLocalUsage);
    EXPECT_NE(claimed.error().text.find("no head"), std::string::npos) << claimed.error().text;
  }
  EXPECT_EQ(under_->log().leaves.size(), 1u);
  EXPECT_EQ(under_->log().head.signature, "") << "no new head";
}

// A broker of the version before, which still ran, made the changes.
TEST_P(BrokerLogContract, WhatABrokerOfBeforeChangedIsAddedAtTheNextStart) {
  begin();
  const int64_t alice = signed_up(*with_, "alice"), bob = signed_up(*with_, "bob");
  under_->as_before([&] {
    const int64_t carol = signed_up(*without_, "carol");
    signed_up(*without_, "dora");
    EXPECT_EQ(rekey(*without_, alice, 1), Code::kOk);
    EXPECT_EQ(end(*without_, bob), Code::kOk);
    EXPECT_EQ(end(*without_, carol), Code::kOk);
  });
  EXPECT_EQ(begin(), 3u);
  EXPECT_EQ(
      lines({"spki of alice", "spki of bob", "key 1", "spki of dora"}),
      (Lines{"alice 0 spki of alice", "bob 0 spki of bob", "alice 1 key 1", "bob 1 gone", "dora 0 spki of dora"}));
  EXPECT_EQ(begin(), 0u);
}

TEST_P(BrokerLogContract, AnEndCountsTheChangesThatHaveNoLeaf) {
  begin();
  const int64_t alice = signed_up(*with_, "alice");
  under_->as_before([&] { EXPECT_EQ(rekey(*without_, alice, 1), Code::kOk); });
  EXPECT_EQ(end(*with_, alice), Code::kOk);
  EXPECT_EQ(lines({"spki of alice"}), (Lines{"alice 0 spki of alice", "alice 2 gone"}));
}

TEST_P(BrokerLogContract, TimesOfLeavesNeverGoBack) {
  begin();
  signed_up(*with_, "alice");
  under_->turn_back_clock();
  signed_up(*with_, "bob");
  expect_whole(under_->log());
}

}  // namespace fastchat::test
