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

// The changes of bob's key from test key 0 to test key `newest`, one by one.
std::vector<Bytes> line_to(size_t newest) {
  std::vector<e2e::KeyPair> keys;
  for (size_t i = newest + 1; i > 0; --i) keys.push_back(test_key(i - 1));
  return e2e::make_rekeys(e2e::Identity(kRealm, "bob", std::move(keys)), newest, newest);
}
Bytes fpr_of(size_t key) {
  return e2e::fingerprint(kRealm, "bob", test_key(key).public_key().spki());
}

TEST_F(ProfileTest, ALineOfChangesMovesThePinAndTheKeysBeforeCountForADay) {
  PinBook pins(stores_[0]->pins(), kRealm);
  ASSERT_TRUE(pins.learn("bob", spki(0), 1).ok());
  ASSERT_TRUE(pins.mark_verified("bob").ok());
  pins.take_dirty();
  const auto moved = pins.follow("bob", spki(0), line_to(2), 1'000);
  ASSERT_TRUE(moved.ok());
  EXPECT_TRUE(*moved);
  EXPECT_TRUE(pins.take_dirty()) << "the other devices hear of it through the vault";
  EXPECT_EQ(pins.get("bob")->key.fpr, fpr_of(2));
  EXPECT_EQ(pins.get("bob")->trust, Trust::kAccepted) << "nobody compared the new key";
  EXPECT_EQ(pins.get("bob")->rekey_counter, 2u);
  EXPECT_FALSE(*pins.follow("bob", spki(0), line_to(2), 2'000)) << "once";
  PinBook again(stores_[0]->pins(), kRealm);
  ASSERT_TRUE(again.load().ok());
  for (PinBook* book : {&pins, &again}) {
    book->former_keys().set_time(1'000 + FormerKeys::kCountsMs - 1);
    EXPECT_NE(book->former("bob", fpr_of(0)), nullptr);
    EXPECT_NE(book->former("bob", fpr_of(1)), nullptr);
    EXPECT_EQ(book->former("bob", fpr_of(2)), nullptr) << "it is the pinned one";
    book->former_keys().set_time(1'000 + FormerKeys::kCountsMs);
    EXPECT_EQ(book->former("bob", fpr_of(0)), nullptr);
    EXPECT_TRUE(book->same_line("bob", fpr_of(0), fpr_of(2))) << "for ever";
    EXPECT_FALSE(book->same_line("bob", fpr_of(0), fpr_of(3)));
    EXPECT_FALSE(book->same_line("carol", fpr_of(0), fpr_of(2)));
  }
  EXPECT_EQ(*pins.learn("bob", spki(0), 3'000), PinBook::Learnt::kKnown) << "a restored server shows the first key";
  EXPECT_EQ(pins.get("bob")->offered_spki, "");
  EXPECT_EQ(*pins.learn("bob", spki(3), 3'000), PinBook::Learnt::kChanged);
}

TEST_F(ProfileTest, ALineThatDoesNotHoldThePinMovesNothing) {
  PinBook pins(stores_[0]->pins(), kRealm);
  ASSERT_TRUE(pins.learn("bob", spki(3), 1).ok());
  EXPECT_FALSE(*pins.follow("bob", spki(0), line_to(2), 2));
  EXPECT_EQ(pins.get("bob")->key.fpr, fpr_of(3));
  EXPECT_FALSE(pins.same_line("bob", fpr_of(0), fpr_of(1))) << "the server's word about strangers' keys";
  EXPECT_FALSE(*pins.follow("carol", spki(0), line_to(2), 2)) << "nobody is pinned for it";
  std::vector<Bytes> torn = line_to(2);
  torn.erase(torn.begin());
  EXPECT_EQ(pins.follow("bob", spki(0), torn, 2).code(), Code::kLocalUntrustedKey);
}

TEST_F(ProfileTest, AFirstContactWithANewerKeyKnowsTheLine) {
  PinBook pins(stores_[0]->pins(), kRealm);
  ASSERT_TRUE(pins.learn("bob", spki(2), 1).ok());
  EXPECT_FALSE(*pins.follow("bob", spki(0), line_to(2), 2));
  EXPECT_TRUE(pins.same_line("bob", fpr_of(0), fpr_of(2)));
  EXPECT_EQ(pins.get("bob")->rekey_counter, 2u) << "the vault of a device that is behind does not win";
  pins.former_keys().set_time(1 + FormerKeys::kCountsMs - 1);
  EXPECT_NE(pins.former("bob", fpr_of(0)), nullptr) << "messages of before the changes may be on their way";
  EXPECT_FALSE(*pins.follow("bob", spki(0), line_to(2), 3));
  pins.former_keys().set_time(1 + FormerKeys::kCountsMs);
  EXPECT_EQ(pins.former("bob", fpr_of(0)), nullptr) << "the day begins once";
}

TEST_F(ProfileTest, AThiefOfAnOldKeyDoesNotBeginItsDay) {
  constexpr int64_t kLater = 2 * FormerKeys::kCountsMs;
  PinBook pins(stores_[0]->pins(), kRealm), other(stores_[1]->pins(), kRealm);
  ASSERT_TRUE(pins.learn("bob", spki(2), 1).ok());
  EXPECT_FALSE(*pins.follow("bob", spki(0), line_to(2), kLater)) << "a message under the old key asked for the line";
  pins.former_keys().set_time(kLater + 1);
  EXPECT_EQ(pins.former("bob", fpr_of(0)), nullptr);
  EXPECT_TRUE(pins.same_line("bob", fpr_of(0), fpr_of(2)));
  // A device that was away, and had the first key pinned, takes in what waited for it.
  ASSERT_TRUE(other.learn("bob", spki(0), 1).ok());
  e2e::VaultContent vault;
  pins.write(vault);
  other.former_keys().set_time(kLater);
  ASSERT_TRUE(other.merge(vault).ok());
  EXPECT_FALSE(*other.follow("bob", spki(0), line_to(2), kLater));
  EXPECT_NE(other.former("bob", fpr_of(0)), nullptr);
  EXPECT_NE(other.former("bob", fpr_of(1)), nullptr);
}

// A server that has a key of its own signs a change from that key to bob's. The signature of bob's key is missing.
TEST_F(ProfileTest, AKeyThatTheServerPutsBeforeThePinnedOneSignsNothing) {
  PinBook pins(stores_[0]->pins(), kRealm);
  ASSERT_TRUE(pins.learn("bob", spki(1), 1).ok());
  for (const size_t evil : {size_t{4}, size_t{5}}) {
    const e2e::Identity own(kRealm, "bob", {test_key(evil)}), forged(kRealm, "bob", {test_key(1), test_key(evil)});
    e2e::Rekey rekey = e2e::parse_rekey(e2e::make_rekeys(forged, 1, 1)[0]).value();
    rekey.new_sig = e2e::make_rekey(own, own, 1).new_sig;
    EXPECT_EQ(pins.follow("bob", spki(evil), {e2e::encode_rekey(rekey)}, 1'000).code(), Code::kLocalUntrustedKey);
    rekey.new_sig = rekey.sig;
    EXPECT_EQ(pins.follow("bob", spki(evil), {e2e::encode_rekey(rekey)}, 1'000).code(), Code::kLocalUntrustedKey);
    pins.former_keys().set_time(1'001);
    EXPECT_EQ(pins.former("bob", fpr_of(evil)), nullptr);
  }
  EXPECT_EQ(pins.get("bob")->key.fpr, fpr_of(1));
}

TEST_F(ProfileTest, TheOtherDevicesFollowAChangeThroughTheVault) {
  PinBook one(stores_[0]->pins(), kRealm), two(stores_[1]->pins(), kRealm);
  for (PinBook* book : {&one, &two}) ASSERT_TRUE(book->learn("bob", spki(0), 1).ok());
  ASSERT_TRUE(two.mark_verified("bob").ok());
  ASSERT_TRUE(*one.follow("bob", spki(0), line_to(1), 50));
  e2e::VaultContent vault, back;
  one.write(vault);
  two.former_keys().set_time(1'000'000'000);
  EXPECT_FALSE(*two.merge(vault));
  EXPECT_EQ(two.get("bob")->key.fpr, fpr_of(1));
  EXPECT_NE(two.former("bob", fpr_of(0)), nullptr) << "this device's queue may hold messages of before";
  EXPECT_EQ(two.take_moved(), std::vector<std::string>{"bob"}) << "the person gets a line";
  EXPECT_TRUE(two.take_moved().empty());
  two.write(back);
  EXPECT_FALSE(*one.merge(back));
  // A device that was away for long has an older vault.
  e2e::VaultContent old = vault;
  old.mutable_pins(0)->set_fpr(fpr_of(0));
  old.mutable_pins(0)->set_spki(spki(0));
  old.mutable_pins(0)->set_rekey_counter(0);
  old.mutable_pins(0)->set_since_ms(9'000);
  EXPECT_TRUE(*one.merge(old)) << "it lacks the change";
  EXPECT_EQ(one.get("bob")->key.fpr, fpr_of(1));
  EXPECT_EQ(one.get("bob")->offered_spki, "");
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
