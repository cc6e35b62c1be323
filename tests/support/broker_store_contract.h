// The contract of every broker::Store, as one GoogleTest suite. A test file instantiates it with its stores:
//
//   INSTANTIATE_TEST_SUITE_P(Memory, BrokerStoreContract, testing::Values(StoreMaker([] { return make_memory(); })));
//
// Include this header in one source file of a test program, because it defines the tests.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "broker/core/store.h"

namespace fastchat::test {

// A store on an empty database, and the parts of its tables that tests have to see.
class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;
  virtual broker::Store& store() = 0;
  // Returns the store of a second program on the same database.
  virtual std::unique_ptr<broker::Store> another() = 0;
  // Queues one message, from any user, for these devices; returns its mid.
  virtual int64_t queue_message(const std::vector<int64_t>& dids) = 0;
  virtual std::vector<int64_t> queued_for(int64_t did) = 0;  // mids, rising
  virtual int64_t mailbox_of(const std::string& user) = 0;
  virtual std::vector<int64_t> devices_of(const std::string& user) = 0;  // without the mailbox, by did
  // The first key, the newest key, and the changes between.
  virtual std::vector<Bytes> rekeys_of(const std::string& user) = 0;
  virtual void expire_invite(const Bytes& token_hash) = 0;
  virtual void remove_device(int64_t did) = 0;
  // Gives the device a name, as its user does.
  virtual void give_name(int64_t did, const std::string& name) = 0;
  // Makes a group; the first member is its admin.
  virtual void make_group(const std::string& name, const std::vector<int64_t>& members) = 0;
  // Returns the names of the groups that the user is in now.
  virtual std::vector<std::string> groups_of(int64_t uid) = 0;
  virtual bool has_group(const std::string& name) = 0;
  // Returns everything that the user's row and its changes of keys hold, apart from name and verifier.
  virtual Bytes content_of(const std::string& user) = 0;
  // Lets two users accept each other, and gives the first one an accepted group, a card and a request of the second. A
  // request of the first one waits in the mailbox of the second.
  virtual void add_contacts(int64_t uid, int64_t other) = 0;
  // Stores a part of the user's vault.
  virtual void add_part(int64_t uid, const Bytes& part) = 0;
  // Makes all devices older by `ms`.
  virtual void age_devices(int64_t ms) = 0;
};

using StoreMaker = std::function<std::unique_ptr<StoreUnderTest>()>;

class BrokerStoreContract : public testing::TestWithParam<StoreMaker> {
 protected:
  void SetUp() override { under_ = GetParam()(); }
  broker::Store& store() { return under_->store(); }

  static broker::NewUser person(const std::string& name, const Bytes& invite_hash = {}) {
    return {name, "spki of " + name, "blob of " + name, Bytes("vault\0of ", 9) + name, Bytes(32, name[0]), invite_hash};
  }
  int64_t signed_up(const std::string& name) {
    EXPECT_EQ(Code::kOk, store().sign_up(person(name)).code());
    const int64_t uid = row(name)->uid;
    names_.resize(std::max(names_.size(), static_cast<size_t>(uid) + 1));
    names_[static_cast<size_t>(uid)] = name;
    return uid;
  }
  Result<broker::LoginRow> row(const std::string& name, char device = 'd') {
    return store().login_row(name, Bytes(16, device));
  }
  // Returns a login by password. The verifiers of `person` are the first letters of the names, and uids rise with the
  // names.
  broker::LogInDevice entry(int64_t uid, char device) const {
    return {uid, Bytes(16, device), "laptop", Bytes(32, names_.at(static_cast<size_t>(uid))[0])};
  }
  broker::LoggedInDevice log_in(const broker::LogInDevice& device) {
    auto entered = store().log_in_device(device);
    EXPECT_EQ(Code::kOk, entered.code());
    return entered.ok() ? *entered : broker::LoggedInDevice{};
  }
  broker::LoggedInDevice log_in(int64_t uid, char device) {
    const auto entered = log_in(entry(uid, device));
    EXPECT_EQ(Code::kOk, entered.code);
    return entered;
  }
  void adopt(int64_t uid, int64_t did) {
    for (int i = 0; i < 100; ++i) {
      const auto adopted = store().adopt_queue(uid, did);
      ASSERT_EQ(Code::kOk, adopted.code());
      if (!adopted->more) return;
    }
    FAIL() << "adopting comes to no end";
  }
  // Completes a login; returns the did.
  int64_t settled(int64_t uid, char device) {
    const int64_t did = log_in(uid, device).did;
    adopt(uid, did);
    return did;
  }

  std::unique_ptr<StoreUnderTest> under_;
  std::vector<std::string> names_;  // by uid
};

using Mids = std::vector<int64_t>;

TEST_P(BrokerStoreContract, SignUpMakesAUserWithAMailboxAndNoDevice) {
  const int64_t uid = signed_up("alice");
  EXPECT_GT(uid, 0);
  EXPECT_EQ(Bytes(32, 'a'), row("alice")->verifier);
  EXPECT_GT(under_->mailbox_of("alice"), 0);
  EXPECT_TRUE(under_->devices_of("alice").empty());
}

TEST_P(BrokerStoreContract, NamesAreTakenOnce) {
  signed_up("alice");
  auto other = person("alice");
  other.verifier = Bytes(32, 'x');
  EXPECT_EQ(Code::kNameTaken, store().sign_up(other).code());
  other = person("alice");
  other.public_key = "another key";
  EXPECT_EQ(Code::kNameTaken, store().sign_up(other).code());
  EXPECT_EQ(Bytes(32, 'a'), row("alice")->verifier);
}

TEST_P(BrokerStoreContract, TheSameSignUpAgainIsASuccess) {
  const int64_t uid = signed_up("alice");
  EXPECT_EQ(uid, signed_up("alice"));
}

TEST_P(BrokerStoreContract, AnUnknownUserIsARowThatNothingMatches) {
  const auto found = row("nobody");
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(0, found->uid);
  EXPECT_EQ(Bytes(32, '\0'), found->verifier);
  EXPECT_FALSE(found->device_known || found->device_ended);
}

TEST_P(BrokerStoreContract, EnteringHandsOutBlobAndVaultAndRaisesTheEpoch) {
  const int64_t uid = signed_up("alice");
  const auto first = log_in(uid, 'd');
  EXPECT_EQ(1, first.session_epoch);
  EXPECT_EQ("blob of alice", first.identity_blob);
  EXPECT_EQ(Bytes("vault\0of alice", 14), first.vault);
  EXPECT_EQ(1, first.vault_version);
  const auto again = log_in(uid, 'd');
  EXPECT_EQ(first.did, again.did);
  EXPECT_EQ(2, again.session_epoch);
  const auto other = log_in(uid, 'e');
  EXPECT_NE(first.did, other.did);
  EXPECT_EQ(1, other.session_epoch);
  EXPECT_EQ((Mids{first.did, other.did}), under_->devices_of("alice"));
}

TEST_P(BrokerStoreContract, ADeviceIsNewUntilItAdoptedItsQueue) {
  const int64_t uid = signed_up("alice");
  const auto first = log_in(uid, 'd');
  EXPECT_TRUE(first.is_new);
  EXPECT_TRUE(log_in(uid, 'd').is_new) << "the first login did not get to adopting";
  adopt(uid, first.did);
  EXPECT_FALSE(log_in(uid, 'd').is_new);
  EXPECT_FALSE(log_in(uid, 'd').is_new);
  EXPECT_TRUE(log_in(uid, 'e').is_new);
}

TEST_P(BrokerStoreContract, EnteringAsNobodyIsAnError) {
  EXPECT_EQ(Code::kUnknownUser, store().log_in_device({987'654, Bytes(16, 'd'), "", Bytes(32, 'v')}).code());
}

TEST_P(BrokerStoreContract, TheFirstDeviceGetsTheMailbox) {
  const int64_t uid = signed_up("alice");
  const int64_t mailbox = under_->mailbox_of("alice");
  const int64_t a = under_->queue_message({mailbox}), b = under_->queue_message({mailbox});
  const auto device = log_in(uid, 'd');
  EXPECT_TRUE(device.mail_waits);
  adopt(uid, device.did);
  EXPECT_EQ((Mids{a, b}), under_->queued_for(device.did));
  EXPECT_TRUE(under_->queued_for(mailbox).empty());
}

TEST_P(BrokerStoreContract, ANewDeviceGetsWhatIsStillQueuedForOthersOnce) {
  const int64_t uid = signed_up("alice");
  const int64_t d = settled(uid, 'd'), e = settled(uid, 'e');
  const int64_t both = under_->queue_message({d, e}), one = under_->queue_message({e});
  const int64_t f = settled(uid, 'f');
  EXPECT_EQ((Mids{both, one}), under_->queued_for(f));
  EXPECT_EQ((Mids{both}), under_->queued_for(d));
  EXPECT_EQ((Mids{both, one}), under_->queued_for(e));
}

TEST_P(BrokerStoreContract, AKnownDeviceGetsNothingThatIsNotItsOwn) {
  const int64_t uid = signed_up("alice");
  const int64_t d = settled(uid, 'd'), e = settled(uid, 'e');
  under_->queue_message({e});
  EXPECT_FALSE(log_in(uid, 'd').mail_waits);
  adopt(uid, d);
  EXPECT_TRUE(under_->queued_for(d).empty());
}

TEST_P(BrokerStoreContract, AnotherUsersQueueIsNotTouched) {
  const int64_t alice = signed_up("alice"), bob = signed_up("bob");
  const int64_t d = settled(bob, 'd');
  const int64_t one = under_->queue_message({d}), two = under_->queue_message({under_->mailbox_of("bob")});
  const int64_t mine = settled(alice, 'd');
  EXPECT_TRUE(under_->queued_for(mine).empty());
  EXPECT_EQ((Mids{one}), under_->queued_for(d));
  EXPECT_EQ((Mids{two}), under_->queued_for(under_->mailbox_of("bob")));
}

TEST_P(BrokerStoreContract, WhatReachedTheMailboxMeanwhileGoesToEveryDevice) {
  const int64_t uid = signed_up("alice");
  const int64_t mailbox = under_->mailbox_of("alice");
  const auto d = log_in(uid, 'd');
  const int64_t late = under_->queue_message({mailbox});
  adopt(uid, d.did);
  EXPECT_EQ((Mids{late}), under_->queued_for(d.did));
  EXPECT_TRUE(under_->queued_for(mailbox).empty());

  const int64_t e = settled(uid, 'e');
  const int64_t later = under_->queue_message({mailbox});
  EXPECT_TRUE(log_in(uid, 'd').mail_waits);
  adopt(uid, d.did);
  EXPECT_EQ((Mids{late, later}), under_->queued_for(d.did));
  EXPECT_EQ((Mids{late, later}), under_->queued_for(e));
  EXPECT_TRUE(under_->queued_for(mailbox).empty());
}

TEST_P(BrokerStoreContract, AdoptingTakesWhatWasQueuedForOthersMeanwhile) {
  const int64_t uid = signed_up("alice");
  const int64_t d = settled(uid, 'd');
  const auto e = log_in(uid, 'e');
  const int64_t meanwhile = under_->queue_message({d});
  EXPECT_TRUE(under_->queued_for(e.did).empty());
  adopt(uid, e.did);
  EXPECT_EQ((Mids{meanwhile}), under_->queued_for(e.did));
}

TEST_P(BrokerStoreContract, ARemovedDeviceAdoptsNothingAndLeavesTheMailboxAlone) {
  const int64_t uid = signed_up("alice");
  const auto d = log_in(uid, 'd');
  under_->remove_device(d.did);
  const int64_t mailbox = under_->mailbox_of("alice");
  const int64_t kept = under_->queue_message({mailbox});
  EXPECT_EQ(Code::kOk, store().adopt_queue(uid, d.did).code());
  EXPECT_EQ((Mids{kept}), under_->queued_for(mailbox));
  EXPECT_TRUE(under_->queued_for(d.did).empty());
  EXPECT_EQ(Code::kOk, store().adopt_queue(uid + 1, d.did).code());
}

TEST_P(BrokerStoreContract, AnInviteTokenIsGoodForItsUses) {
  const Bytes token(32, 't');
  ASSERT_EQ(Code::kOk, store().create_invite(token, 2, 0).code());
  EXPECT_EQ(Code::kOk, store().sign_up(person("alice", token)).code());
  EXPECT_EQ(Code::kOk, store().sign_up(person("bob", token)).code());
  EXPECT_EQ(Code::kBadInvite, store().sign_up(person("carol", token)).code());
  EXPECT_EQ(0, row("carol")->uid);
}

TEST_P(BrokerStoreContract, ATakenNameCostsNoUseOfTheToken) {
  const Bytes token(32, 't');
  ASSERT_EQ(Code::kOk, store().create_invite(token, 2, 0).code());
  ASSERT_EQ(Code::kOk, store().sign_up(person("alice", token)).code());
  auto other = person("alice", token);
  other.verifier = Bytes(32, 'x');
  EXPECT_EQ(Code::kNameTaken, store().sign_up(other).code());
  EXPECT_EQ(Code::kOk, store().sign_up(person("bob", token)).code());
}

TEST_P(BrokerStoreContract, TheSameSignUpAgainCostsNoSecondUse) {
  const Bytes token(32, 't');
  ASSERT_EQ(Code::kOk, store().create_invite(token, 1, 0).code());
  ASSERT_EQ(Code::kOk, store().sign_up(person("alice", token)).code());
  EXPECT_EQ(Code::kOk, store().sign_up(person("alice", token)).code());
  EXPECT_EQ(Code::kBadInvite, store().sign_up(person("bob", token)).code());
}

TEST_P(BrokerStoreContract, WithoutATokenNobodyLearnsWhichNamesExist) {
  signed_up("alice");
  auto guess = person("alice", Bytes(32, 'n'));
  guess.public_key = "mine";
  const auto taken = store().sign_up(guess), free = store().sign_up(person("bob", Bytes(32, 'n')));
  EXPECT_EQ(Code::kBadInvite, taken.code());
  EXPECT_EQ(Code::kBadInvite, free.code());
  EXPECT_EQ(taken.error().text, free.error().text);
}

TEST_P(BrokerStoreContract, TokensExpire) {
  const Bytes token(32, 't');
  ASSERT_EQ(Code::kOk, store().create_invite(token, 2, 3'600).code());
  EXPECT_EQ(Code::kOk, store().sign_up(person("alice", token)).code());
  under_->expire_invite(token);
  EXPECT_EQ(Code::kBadInvite, store().sign_up(person("bob", token)).code());
}

TEST_P(BrokerStoreContract, ARealmIsClaimedOnce) {
  EXPECT_EQ(Code::kOk, store().claim_realm(Bytes(16, 'r')).code());
  EXPECT_EQ(Code::kOk, under_->another()->claim_realm(Bytes(16, 'r')).code());
  EXPECT_EQ(Code::kWrongRealm, under_->another()->claim_realm(Bytes(16, 's')).code());
  EXPECT_EQ(Code::kOk, store().claim_realm(Bytes(16, 'r')).code());
}

TEST_P(BrokerStoreContract, AReplyCarriesTheIdOfItsRequest) {
  signed_up("alice");
  const auto reply = broker::execute(store(), {77, broker::FindLogin{"alice"}});
  EXPECT_EQ(77u, reply.id);
  ASSERT_TRUE(reply.body.ok());
  const auto uid = std::get<broker::LoginRow>(*reply.body).uid;
  const auto entered = broker::execute(store(), {78, broker::LogInDevice{uid, Bytes(16, 'd'), "x", Bytes(32, 'a')}});
  EXPECT_EQ(78u, entered.id);
  EXPECT_EQ(1, std::get<broker::LoggedInDevice>(*entered.body).session_epoch);
}

}  // namespace fastchat::test
