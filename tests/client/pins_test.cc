// Pins: the ways in which a key may change, and the merge of two devices' pins.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "client/contacts/pin_book.h"
#include "client/e2e/rekey.h"
#include "client/store/store.h"
#include "tests/support/test_keys.h"

namespace fastchat::client {
namespace {

using tests::test_key;

const Bytes kRealm(16, 'r');

class ProfileTest : public ::testing::Test {
 protected:
  ProfileTest() {
    std::string path = (std::filesystem::temp_directory_path() / "fastchat-pins-XXXXXX").string();
    FC_CHECK(mkdtemp(path.data()) != nullptr);
    root_ = path;
    for (const char* name : {"/one", "/two"}) {
      auto store = store::Store::open(path + name);
      FC_CHECK(store.ok());
      stores_.push_back(std::move(*store));
    }
  }
  ~ProfileTest() override {
    stores_.clear();
    std::filesystem::remove_all(root_);
  }
  static Bytes spki(size_t key) { return test_key(key).public_key().spki(); }

  std::filesystem::path root_;
  std::vector<std::unique_ptr<store::Store>> stores_;
};

TEST_F(ProfileTest, FirstContactPinsAndAChangedKeyIsOnlyOffered) {
  PinBook pins(stores_[0]->pins(), kRealm);
  EXPECT_EQ(*pins.learn("bob", spki(0), 1), PinBook::Learnt::kFirstContact);
  EXPECT_TRUE(pins.find("bob").first_contact);
  pins.seen("bob");
  EXPECT_FALSE(pins.find("bob").first_contact);
  const Bytes before = pins.get("bob")->key.fpr;
  EXPECT_EQ(*pins.learn("bob", spki(0), 2), PinBook::Learnt::kKnown);
  EXPECT_EQ(*pins.learn("bob", spki(1), 3), PinBook::Learnt::kChanged);
  EXPECT_EQ(pins.get("bob")->key.fpr, before) << "messages are still checked against the known key";
  EXPECT_EQ(pins.get("bob")->offered_spki, spki(1));

  PinBook again(stores_[0]->pins(), kRealm);
  ASSERT_TRUE(again.load().ok());
  EXPECT_EQ(again.get("bob")->offered_spki, spki(1));
  ASSERT_TRUE(again.accept("bob", 5).ok());
  EXPECT_EQ(again.get("bob")->key.key.spki(), spki(1));
  EXPECT_EQ(again.get("bob")->trust, Trust::kAccepted);
  EXPECT_EQ(again.accept("bob", 6).code(), Code::kNotAllowed);
}

TEST_F(ProfileTest, TheOfferGoesWhenTheServerShowsTheKnownKeyAgain) {
  PinBook pins(stores_[0]->pins(), kRealm);
  ASSERT_TRUE(pins.learn("bob", spki(0), 1).ok());
  ASSERT_EQ(*pins.learn("bob", spki(1), 2), PinBook::Learnt::kChanged);
  EXPECT_EQ(*pins.learn("bob", spki(0), 3), PinBook::Learnt::kRestored) << "the person is told of it";
  EXPECT_EQ(pins.get("bob")->offered_spki, "");
  EXPECT_EQ(*pins.learn("bob", spki(0), 4), PinBook::Learnt::kKnown);
  EXPECT_EQ(*pins.learn("bob", spki(1), 5), PinBook::Learnt::kChanged) << "it may come again";
}

TEST_F(ProfileTest, AKeyThatThePersonRefusedIsNotOfferedAgain) {
  PinBook pins(stores_[0]->pins(), kRealm);
  ASSERT_TRUE(pins.learn("bob", spki(0), 1).ok());
  EXPECT_EQ(pins.keep("bob").code(), Code::kNotAllowed) << "nothing is offered";
  EXPECT_EQ(pins.keep("carol").code(), Code::kUnknownUser);
  ASSERT_TRUE(pins.learn("bob", spki(1), 2).ok());
  ASSERT_TRUE(pins.keep("bob").ok());
  PinBook again(stores_[0]->pins(), kRealm);
  ASSERT_TRUE(again.load().ok());
  EXPECT_EQ(again.get("bob")->key.key.spki(), spki(0));
  EXPECT_EQ(*again.learn("bob", spki(1), 3), PinBook::Learnt::kKnown);
  EXPECT_EQ(again.get("bob")->offered_spki, "") << "what is sealed for bob goes out";
  EXPECT_EQ(*again.learn("bob", spki(2), 4), PinBook::Learnt::kChanged) << "a third key is another matter";
}

TEST_F(ProfileTest, AnOfferThatIsGoneDoesNotComeBackFromAnotherDevice) {
  PinBook one(stores_[0]->pins(), kRealm), two(stores_[1]->pins(), kRealm);
  for (PinBook* book : {&one, &two}) {
    ASSERT_TRUE(book->learn("bob", spki(0), 1).ok());
    ASSERT_TRUE(book->learn("bob", spki(1), 2).ok());
  }
  ASSERT_TRUE(one.keep("bob").ok());
  e2e::VaultContent vault;
  two.write(vault);
  EXPECT_FALSE(*one.merge(vault)) << "each device hears for itself what the server shows";
  EXPECT_EQ(one.get("bob")->offered_spki, "");
}

TEST_F(ProfileTest, WhatWasRolledBackIsNotInMemoryEither) {
  PinBook pins(stores_[0]->pins(), kRealm);
  ASSERT_TRUE(stores_[0]->begin().ok());
  ASSERT_TRUE(pins.learn("bob", spki(0), 1).ok());
  stores_[0]->rollback();
  ASSERT_TRUE(pins.load().ok());
  EXPECT_EQ(pins.get("bob"), nullptr);
}

TEST_F(ProfileTest, AServerCannotPinWhatIsNoKey) {
  PinBook pins(stores_[0]->pins(), kRealm);
  EXPECT_FALSE(pins.learn("bob", "not a key", 1).ok());
  EXPECT_EQ(pins.get("bob"), nullptr);
}

TEST_F(ProfileTest, AChangeThatTheOldKeySignedIsTakenOnce) {
  PinBook pins(stores_[0]->pins(), kRealm);
  ASSERT_TRUE(pins.learn("bob", spki(0), 1).ok());
  const e2e::Identity before(kRealm, "bob", {test_key(0)});
  const e2e::Identity after(kRealm, "bob", {test_key(1), test_key(0)});
  const e2e::Rekey change = e2e::make_rekey(before, after, 1);
  ASSERT_TRUE(pins.rekey(change, 2).ok());
  EXPECT_EQ(pins.get("bob")->key.key.spki(), spki(1));
  EXPECT_FALSE(pins.rekey(change, 3).ok());
}

TEST_F(ProfileTest, DevicesLearnEachOthersPinsThroughTheVault) {
  PinBook one(stores_[0]->pins(), kRealm), two(stores_[1]->pins(), kRealm);
  ASSERT_TRUE(one.learn("bob", spki(0), 1).ok());
  ASSERT_TRUE(two.learn("carol", spki(1), 1).ok());
  e2e::VaultContent vault;
  one.write(vault);
  EXPECT_TRUE(*two.merge(vault)) << "two has carol, the vault has not";
  EXPECT_EQ(two.get("bob")->key.key.spki(), spki(0));
  two.write(vault);
  EXPECT_FALSE(*one.merge(vault));
  EXPECT_NE(one.get("carol"), nullptr);
}

TEST_F(ProfileTest, TwoFirstContactsWithDifferentKeysAreAChangedKey) {
  PinBook one(stores_[0]->pins(), kRealm), two(stores_[1]->pins(), kRealm);
  ASSERT_TRUE(one.learn("bob", spki(0), 1).ok());
  ASSERT_TRUE(two.learn("bob", spki(1), 2).ok());
  e2e::VaultContent vault;
  one.write(vault);
  EXPECT_TRUE(*two.merge(vault));
  EXPECT_EQ(two.get("bob")->key.key.spki(), spki(1));
  EXPECT_EQ(two.get("bob")->offered_spki, spki(0)) << "sending is blocked until a person looked";
}

TEST_F(ProfileTest, WhatAPersonAcceptedOnOneDeviceHoldsOnTheOther) {
  PinBook one(stores_[0]->pins(), kRealm), two(stores_[1]->pins(), kRealm);
  for (PinBook* book : {&one, &two}) ASSERT_TRUE(book->learn("bob", spki(0), 1).ok());
  ASSERT_TRUE(one.learn("bob", spki(1), 2).ok());
  ASSERT_TRUE(one.accept("bob", 3).ok());
  e2e::VaultContent vault;
  one.write(vault);
  ASSERT_TRUE(two.merge(vault).ok());
  EXPECT_EQ(two.get("bob")->key.key.spki(), spki(1));
  EXPECT_EQ(two.get("bob")->trust, Trust::kAccepted);
  // An older pin of another device does not undo the acceptance.
  PinBook three(stores_[1]->pins(), kRealm);
  e2e::VaultContent old;
  ASSERT_TRUE(three.learn("bob", spki(0), 1).ok());
  three.write(old);
  ASSERT_TRUE(one.merge(old).ok());
  EXPECT_EQ(one.get("bob")->key.key.spki(), spki(1));
}

}  // namespace
}  // namespace fastchat::client
