// KeyLookup: requests to the server, messages that wait for the answer, and the undo of a refused turn.
#include "client/contacts/key_lookup.h"
#include "client/e2e/rekey.h"

#include <gmock/gmock.h>

#include "tests/client/attached_fixture.h"

namespace fastchat::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class KeyLookupTest : public AttachedFixture {
 protected:
  KeyLookupTest() { turn_.add(keys_); }

  // Returns the names asked for since the last call; keeps the number of the last request.
  std::vector<std::string> asked() {
    std::vector<std::string> out;
    for (const v1::ClientFrame& frame : asks()) {
      if (!frame.has_get_users()) continue;
      request_ = frame.request();
      for (const std::string& name : frame.get_users().names()) out.push_back(name);
    }
    return out;
  }
  // Answers as the server: bob has this key of the pool.
  void answer(size_t key) {
    feed(request_, [&](auto& f) {
      v1::User& user = *f.mutable_users()->add_users();
      user.set_name("bob");
      user.set_public_key(spki(key));
    });
  }
  void resolve(const std::string& user) {
    keys_.resolve(user, [this](const Result<const Pin*>& pin) {
      answers_.push_back(!pin.ok()         ? std::to_string(static_cast<int>(pin.code()))
                         : *pin == nullptr ? "himself"
                                           : (*pin)->key.key.spki());
    });
  }
  // Returns true when the changes of bob's key are asked for; keeps the number of the request.
  bool asked_rekeys() {
    bool out = false;
    for (const v1::ClientFrame& frame : asks()) {
      if (!frame.has_get_rekeys()) continue;
      EXPECT_EQ(frame.get_rekeys().user(), "bob");
      request_ = frame.request();
      out = true;
    }
    return out;
  }
  // Answers as the server: bob changed the keys of the pool from `first` to `newest`, one by one.
  void answer_rekeys(size_t first, size_t newest) {
    std::vector<e2e::KeyPair> keys;
    for (size_t i = newest + 1; i > first; --i) keys.push_back(tests::test_key(i - 1));
    const size_t changes = newest - first;
    const e2e::Identity bob(realm(), "bob", std::move(keys));
    feed(request_, [&](auto& f) {
      f.mutable_rekeys()->set_first_public_key(spki(first));
      for (const Bytes& rekey : e2e::make_rekeys(bob, changes, changes)) f.mutable_rekeys()->add_rekeys(rekey);
    });
  }
  // Returns a message from bob, who has this key of the pool.
  Arrival message(size_t key = 1) const {
    const e2e::Identity bob(realm(), "bob", {tests::test_key(key)});
    const auto sealed =
        e2e::seal_message(bob, account_->secrets().identity.peer(), {Bytes(16, 's'), 1, {}}, e2e::Text{"hi", {}}, 1);
    Arrival out;
    out.id = 7;
    out.envelope = sealed->envelope;
    return out;
  }
  KeyLookup::Events events() {
    return {[this](const std::string& user, const std::string&) { log_.push_back("changed " + user); },
            [this](const std::string& user) { log_.push_back("rekeyed " + user); },
            [this](const std::string& user) { log_.push_back("restored " + user); },
            [this](std::vector<Arrival> all) { log_.push_back("found " + std::to_string(all.size())); },
            [this](const std::string&, std::vector<Arrival>, const std::string& why) { log_.push_back(why); }};
  }

  PinBook pins_{store_->pins(), realm()};
  KeyLookup keys_{turn_, server_, *account_, pins_, events()};
  uint64_t request_ = 0;
  std::vector<std::string> answers_, log_;
};

TEST_F(KeyLookupTest, OneselfAndPinnedUsersAreKnownWithoutASession) {
  begin();
  ASSERT_TRUE(pins_.learn("bob", spki(1), 1).ok());
  resolve("alice");
  resolve("bob");
  EXPECT_THAT(answers_, ElementsAre("himself", spki(1)));
}

TEST_F(KeyLookupTest, AStrangerIsAskedForOnceAndPinned) {
  attach();
  resolve("bob");
  resolve("bob");
  EXPECT_THAT(asked(), ElementsAre("bob"));
  EXPECT_THAT(asked(), IsEmpty());
  answer(1);
  EXPECT_THAT(answers_, ElementsAre(spki(1), spki(1)));
  resolve("bob");
  EXPECT_EQ(answers_.size(), 3u) << "compared already";
  keys_.attached();
  resolve("bob");
  EXPECT_THAT(asked(), ElementsAre("bob")) << "another session compares again";
}

// A session with a worker may last for weeks.
TEST_F(KeyLookupTest, AKeyIsComparedAgainAfterAnHour) {
  attach();
  resolve("bob");
  asked();
  answer(1);
  const auto later = [&](int64_t minutes) {
    machine_.later_us += minutes * 60'000'000;
    feed(0, [](auto& f) { f.mutable_drained(); });  // the link is not silent
  };
  later(59);
  resolve("bob");
  keys_.compare("bob");
  EXPECT_THAT(asked(), IsEmpty());
  later(2);
  resolve("bob");
  EXPECT_THAT(answers_, ElementsAre(spki(1), spki(1), spki(1))) << "no message waits for it";
  EXPECT_THAT(asked(), ElementsAre("bob"));
  feed(request_, [](auto& f) { f.mutable_error()->set_code(v1::BUSY); });
  keys_.compare("bob");
  EXPECT_THAT(asked(), IsEmpty()) << "a question that failed is not repeated either";
  later(61);
  keys_.compare("bob");
  EXPECT_THAT(asked(), ElementsAre("bob")) << "a message under another key came";
  answer(2);
  turn_.run();
  EXPECT_THAT(log_, ElementsAre("changed bob"));
  resolve("bob");
  EXPECT_EQ(answers_.size(), 3u) << "nothing is sealed under a key that changed";
}

// The loop once ran without a pause until the link was up again.
TEST_F(KeyLookupTest, NothingIsDueWhileThereIsNoSession) {
  server_.open(core::World::config(), ports_);
  server_.engine().start(turn_.now_ms(), core::World::credentials());
  resolve("bob");
  turn_.run();
  EXPECT_THAT(answers_, IsEmpty());
  EXPECT_EQ(turn_.next_wake(), Loop::kNever);
}

TEST_F(KeyLookupTest, AnotherKeyThanThePinnedOneIsNotUsed) {
  begin();
  ASSERT_TRUE(pins_.learn("bob", spki(1), 1).ok());
  attach();
  resolve("bob");
  EXPECT_THAT(asked(), ElementsAre("bob"));
  answer(2);
  turn_.run();
  EXPECT_THAT(answers_, ElementsAre(std::to_string(static_cast<int>(Code::kLocalUntrustedKey))));
  EXPECT_THAT(log_, ElementsAre("changed bob"));
  resolve("bob");
  EXPECT_THAT(asked(), ElementsAre("bob")) << "until the server shows the pinned one";
  answer(1);
  EXPECT_THAT(log_, ElementsAre("changed bob", "restored bob"));
  EXPECT_EQ(answers_.back(), spki(1));
}

TEST_F(KeyLookupTest, AChangeThatTheKnownKeySignedIsTakenIn) {
  begin();
  ASSERT_TRUE(pins_.learn("bob", spki(1), 1).ok());
  attach(3);
  resolve("bob");
  asked();
  answer(3);
  EXPECT_THAT(answers_, IsEmpty());
  ASSERT_TRUE(asked_rekeys());
  answer_rekeys(1, 3);
  turn_.run();
  EXPECT_THAT(answers_, ElementsAre(spki(3)));
  EXPECT_THAT(log_, ElementsAre("rekeyed bob"));
  EXPECT_EQ(pins_.get("bob")->offered_spki, "");
}

TEST_F(KeyLookupTest, AChangeThatNobodySignedIsShownToThePerson) {
  begin();
  ASSERT_TRUE(pins_.learn("bob", spki(1), 1).ok());
  attach(3);
  resolve("bob");
  asked();
  answer(4);
  ASSERT_TRUE(asked_rekeys());
  answer_rekeys(2, 4);
  turn_.run();
  EXPECT_THAT(log_, ElementsAre("changed bob"));
  EXPECT_EQ(pins_.get("bob")->key.key.spki(), spki(1));
  resolve("bob");
  asked();
  answer(4);
  ASSERT_TRUE(asked_rekeys());
  feed(request_, [](auto& f) { f.mutable_error()->set_code(v1::NOT_ALLOWED); });
  EXPECT_EQ(answers_.size(), 2u) << "an answer without changes ends the look-up, too";
  EXPECT_EQ(pins_.get("bob")->key.key.spki(), spki(1));
}

TEST_F(KeyLookupTest, AMessageUnderANewerKeyAsksForTheChangesAlthoughTheWorkerShowsTheKnownKey) {
  begin();
  ASSERT_TRUE(pins_.learn("bob", spki(1), 1).ok());
  attach(3);
  keys_.hold("bob", message(2));
  EXPECT_THAT(asked(), ElementsAre("bob"));
  answer(1);
  ASSERT_TRUE(asked_rekeys());
  answer_rekeys(1, 2);
  turn_.run();
  EXPECT_THAT(log_, ElementsAre("rekeyed bob", "found 1"));
  EXPECT_FALSE(keys_.holds_any());
}

TEST_F(KeyLookupTest, JunkInTheNameOfSomebodyIsAskedForRarely) {
  begin();
  ASSERT_TRUE(pins_.learn("bob", spki(1), 1).ok());
  attach(3);
  for (int i = 0; i < 50; ++i) {
    keys_.hold("bob", message(4));
    if (!asked().empty()) {
      answer(1);
      ASSERT_TRUE(asked_rekeys());
      answer_rekeys(1, 1);
    }
  }
  EXPECT_THAT(log_, ElementsAre("found 1")) << "the others wait";
  EXPECT_FALSE(keys_.holds_any()) << "and keep nothing back";
  machine_.later_us += 2'000'000;
  EXPECT_THAT(asked(), ElementsAre("bob"));
  answer(1);
  ASSERT_TRUE(asked_rekeys());
  answer_rekeys(1, 1);
  EXPECT_THAT(log_, ElementsAre("found 1", "found 49"));
  EXPECT_EQ(pins_.get("bob")->key.key.spki(), spki(1));
}

TEST_F(KeyLookupTest, AStrangersFirstMessageMayBeOlderThanTheKey) {
  attach(3);
  keys_.hold("bob", message(1));
  EXPECT_THAT(asked(), ElementsAre("bob"));
  answer(3);
  ASSERT_TRUE(asked_rekeys());
  answer_rekeys(1, 3);
  turn_.run();
  EXPECT_THAT(log_, ElementsAre("found 1"));
  EXPECT_EQ(pins_.get("bob")->key.key.spki(), spki(3));
  EXPECT_NE(pins_.former("bob", e2e::fingerprint(realm(), "bob", spki(1))), nullptr);
}

TEST_F(KeyLookupTest, AStrangerWhoseKeyTheWorkerCachedBeforeAChangeIsPinnedWithTheNewest) {
  attach(3);
  keys_.hold("bob", message(3));
  EXPECT_THAT(asked(), ElementsAre("bob"));
  answer(1);
  ASSERT_TRUE(asked_rekeys());
  answer_rekeys(1, 3);
  turn_.run();
  EXPECT_THAT(log_, ElementsAre("found 1"));
  EXPECT_EQ(pins_.get("bob")->key.key.spki(), spki(3));
}

TEST_F(KeyLookupTest, ASessionComparesAllKeysOnceAnHour) {
  begin();
  ASSERT_TRUE(pins_.learn("bob", spki(1), 1).ok());
  ASSERT_TRUE(pins_.learn("carol", spki(2), 1).ok());
  attach(3);
  keys_.attached();
  EXPECT_THAT(asked(), ElementsAre("bob", "carol"));
  answer(1);
  keys_.attached();
  EXPECT_THAT(asked(), IsEmpty()) << "a connection that comes and goes asks nothing new";
}

TEST_F(KeyLookupTest, ManyContactsAreComparedInOneQuestionAtATime) {
  constexpr size_t kContacts = wire::kMaxNamesPerLookup + 40;
  begin();
  for (size_t i = 0; i < kContacts; ++i) {
    ASSERT_TRUE(pins_.learn("contact" + std::to_string(i), spki(1), 1).ok());
  }
  attach(3);
  keys_.attached();
  EXPECT_EQ(asked().size(), wire::kMaxNamesPerLookup);
  const uint64_t first = request_;
  EXPECT_THAT(asked(), IsEmpty());
  EXPECT_EQ(keys_.next_wake(), Loop::kNever) << "the answer wakes the loop";
  resolve("zed");
  EXPECT_THAT(asked(), ElementsAre("zed")) << "somebody waits for this one";
  feed(first, [](auto& f) { f.mutable_users(); });
  EXPECT_EQ(asked().size(), kContacts - wire::kMaxNamesPerLookup);
}

TEST_F(KeyLookupTest, AnAnswerThatTheDiskRefusesIsAskedForAgain) {
  begin();
  ASSERT_TRUE(pins_.learn("bob", spki(1), 1).ok());
  ASSERT_TRUE(store_->commit().ok());
  attach(3);
  resolve("bob");
  asked();
  answer(2);
  ASSERT_TRUE(asked_rekeys());
  turn_.check(Result<>(err(Code::kLocalDisk, "full")));
  answer_rekeys(1, 2);
  turn_.run();
  EXPECT_EQ(pins_.get("bob")->key.key.spki(), spki(1)) << "as on disk";
  answers_.clear();
  resolve("bob");
  machine_.later_us += 1'000'000;
  EXPECT_THAT(asked(), ElementsAre("bob"));
  answer(2);
  ASSERT_TRUE(asked_rekeys());
  answer_rekeys(1, 2);
  turn_.run();
  EXPECT_THAT(answers_, ElementsAre(spki(2))) << "nobody waits for ever";
}

TEST_F(KeyLookupTest, AServerThatDoesNotAnswerAboutChangesIsAskedAgain) {
  begin();
  ASSERT_TRUE(pins_.learn("bob", spki(1), 1).ok());
  attach(3);
  keys_.hold("bob", message(2));
  asked();
  answer(1);
  ASSERT_TRUE(asked_rekeys());
  feed(request_, [](auto& f) { f.mutable_error()->set_code(v1::BUSY); });
  EXPECT_THAT(log_, IsEmpty());
  machine_.later_us += 1'000'000;
  EXPECT_THAT(asked(), ElementsAre("bob"));
}

// The user was not told that the key changed, so the key must not count as compared.
TEST_F(KeyLookupTest, WhatARefusedTurnLearntIsComparedAgain) {
  begin();
  ASSERT_TRUE(pins_.learn("bob", spki(1), 1).ok());
  ASSERT_TRUE(store_->commit().ok());
  attach();
  resolve("bob");
  asked();
  answer(2);
  turn_.check(Result<>(err(Code::kLocalDisk, "full")));
  turn_.run();
  ASSERT_TRUE(pins_.load().ok());
  EXPECT_THAT(log_, IsEmpty());
  answers_.clear();
  resolve("bob");
  EXPECT_THAT(answers_, IsEmpty());
  EXPECT_THAT(asked(), ElementsAre("bob"));
}

TEST_F(KeyLookupTest, AMessageWaitsForItsSendersKey) {
  attach();
  keys_.hold("bob", message());
  EXPECT_TRUE(keys_.holds_any());
  EXPECT_THAT(asked(), ElementsAre("bob"));
  answer(1);
  EXPECT_THAT(log_, ElementsAre("found 1"));
  EXPECT_FALSE(keys_.holds_any());
  EXPECT_NE(pins_.get("bob"), nullptr);
}

// The user ends the program while the request is open. The server has not answered that it has no bob.
TEST_F(KeyLookupTest, TheEndOfASessionRefusesNoMessage) {
  attach();
  keys_.hold("bob", message());
  resolve("carol");
  EXPECT_THAT(asked(), ElementsAre("bob", "carol"));
  server_.engine().end(turn_.now_ms(), Code::kOk, "");
  turn_.run();
  EXPECT_THAT(answers_, ElementsAre(std::to_string(static_cast<int>(Code::kLocalUnreachable))));
  EXPECT_THAT(log_, IsEmpty());
  EXPECT_TRUE(keys_.holds_any()) << "for the next session";
}

// Anybody can put a name into a header.
TEST_F(KeyLookupTest, AForgedMessagePinsNobody) {
  attach();
  keys_.hold("bob", message());
  asked();
  answer(2);
  EXPECT_THAT(log_, ElementsAre(HasSubstr("signature")));
  EXPECT_EQ(pins_.get("bob"), nullptr);
}

TEST_F(KeyLookupTest, ARefusedTurnLetsGoOfMessages) {
  attach();
  keys_.hold("bob", message());
  turn_.check(Result<>(err(Code::kLocalDisk, "full")));
  turn_.run();
  EXPECT_FALSE(keys_.holds_any());
}

}  // namespace
}  // namespace fastchat::client
