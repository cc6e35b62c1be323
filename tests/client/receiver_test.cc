// Receiver and MessageWriter: incoming messages, waiting messages, and a turn that the disk refuses.
#include "client/messages/receiver.h"

#include "client/e2e/receipt.h"
#include "client/e2e/rekey.h"
#include "tests/client/rooms_fixture.h"

namespace fastchat::client {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ReceiverTest : public RoomsFixture {
 protected:
  ReceiverTest() { live(); }
  // Runs enough turns to write a message and then report it.
  void turns() {
    for (int i = 0; i < 3; ++i) goes_out();
  }
  uint64_t acknowledged() {
    turn_.run();
    server_.engine().tick(turn_.now_ms());
    return std::exchange(ports_.sent, {}).ack_upto;
  }
};

TEST_F(ReceiverTest, AMessageIsAcknowledgedOnceItIsOnDisk) {
  deliver(sealed(e2e::Text{"hi", {}}));
  EXPECT_THAT(heard_.lines, IsEmpty());
  EXPECT_EQ(acknowledged(), 1u);
  EXPECT_THAT(heard_.take(), ElementsAre("bob bob: hi"));
  EXPECT_TRUE(receiver_.settled());
}

TEST_F(ReceiverTest, OfARefusedTurnNothingIsAcknowledged) {
  const Bytes envelope = sealed(e2e::Text{"hi", {}});
  deliver(envelope);
  refuse_turn();
  EXPECT_EQ(acknowledged(), 0u);
  EXPECT_THAT(heard_.lines, IsEmpty());
  EXPECT_THAT(sees("bob"), IsEmpty());
  EXPECT_TRUE(receiver_.settled()) << "the server delivers it again";
  live();
  deliver(envelope);
  turns();
  EXPECT_THAT(sees("bob"), ElementsAre("bob: hi"));
}

TEST_F(ReceiverTest, TheSameEnvelopeIsShownOnce) {
  const Bytes envelope = sealed(e2e::Text{"hi", {}});
  deliver(envelope);
  deliver(envelope);
  turns();
  EXPECT_THAT(sees("bob"), ElementsAre("bob: hi"));
}

TEST_F(ReceiverTest, MessagesOfOneSenderKeepTheirOrder) {
  const Bytes first = sealed(e2e::Text{"one", {}}), second = sealed(e2e::Text{"two", {}});
  deliver(second);
  deliver(first);
  turns();
  EXPECT_THAT(sees("bob"), ElementsAre("bob: one", "bob: two"));
}

// A stranger's message waits for the key, and stays before later messages.
TEST_F(ReceiverTest, AMessageOfAStrangerWaitsForHisKey) {
  const e2e::Identity carol(realm(), "carol", {tests::test_key(2)});
  const auto message = e2e::seal_message(carol, me().peer(), {Bytes(16, 'c'), 1, {}}, e2e::Text{"hello", {}}, 1'000);
  deliver(message->envelope);
  turn_.run();
  EXPECT_THAT(sees("carol"), IsEmpty());
  EXPECT_TRUE(look_ups_.holds_any());
  uint64_t asked = 0;
  for (const v1::ClientFrame& frame : asks()) {
    if (frame.has_get_users()) asked = frame.request();
  }
  ASSERT_NE(asked, 0u);
  feed(asked, [](auto& f) {
    v1::User& user = *f.mutable_users()->add_users();
    user.set_name("carol");
    user.set_public_key(spki(2));
  });
  turns();
  EXPECT_THAT(sees("carol"), ElementsAre("carol: hello"));
}

// Another device of this user changed the key, and this device's session goes on for a moment.
class OwnKeyTest : public ReceiverTest {
 protected:
  static e2e::Identity changed(size_t key) { return {realm(), me_name(), {tests::test_key(key), tests::test_key(0)}}; }
  static std::string me_name() { return "alice"; }
  void deliver_own(size_t key) {
    const e2e::Identity other = changed(key);
    const auto message = e2e::seal_message(other, bob().peer(), {Bytes(16, 'o'), 1, {}}, e2e::Text{"mine", {}}, 1'000);
    deliver(message->envelope);
    turn_.run();
  }
  // Returns the request for this user's line of keys in this turn; 0: none.
  uint64_t asked() {
    uint64_t out = 0;
    for (const v1::ClientFrame& frame : asks()) {
      if (frame.has_get_rekeys() && frame.get_rekeys().user() == me_name()) out = frame.request();
    }
    return out;
  }
  void answer(uint64_t request, const std::vector<Bytes>& rekeys) {
    feed(request, [&](auto& f) {
      f.mutable_rekeys()->set_first_public_key(spki(0));
      for (const Bytes& rekey : rekeys) f.mutable_rekeys()->add_rekeys(rekey);
    });
    turn_.run();
    turn_.run();
  }
};

TEST_F(OwnKeyTest, AMessageUnderANewKeyOfThisUserHasTheSessionLogInAgain) {
  worker_version_ = 3;
  live();
  deliver_own(3);
  EXPECT_FALSE(receiver_.settled());
  const uint64_t request = asked();
  ASSERT_NE(request, 0u);
  answer(request, e2e::make_rekeys(changed(3), 1, 1));
  EXPECT_FALSE(server_.attached());
  EXPECT_THAT(heard_.take(), IsEmpty());
  EXPECT_THAT(*store_->quarantine().all(), IsEmpty()) << "the server delivers the message again";
}

TEST_F(OwnKeyTest, MessagesBehindItAreNoAlarmEither) {
  worker_version_ = 3;
  live();
  deliver_own(3);
  const uint64_t request = asked();
  const e2e::Identity other = changed(3);
  const auto next = e2e::seal_message(other, bob().peer(), {Bytes(16, 'n'), 1, {}}, e2e::Text{"next", {}}, 1'000);
  feed(request, [&](auto& f) {
    f.mutable_rekeys()->set_first_public_key(spki(0));
    for (const Bytes& rekey : e2e::make_rekeys(changed(3), 1, 1)) f.mutable_rekeys()->add_rekeys(rekey);
  });
  deliver(next->envelope);  // arrives before the session ends
  turn_.run();
  turn_.run();
  EXPECT_FALSE(server_.attached());
  EXPECT_EQ(receiver_.next_wake(), Loop::kNever);
  EXPECT_THAT(heard_.take(), IsEmpty());
  EXPECT_THAT(*store_->quarantine().all(), IsEmpty());
}

TEST_F(OwnKeyTest, AMessageUnderAKeyThatThisUserNeverHadIsQuarantined) {
  worker_version_ = 3;
  live();
  deliver_own(3);
  const uint64_t request = asked();
  ASSERT_NE(request, 0u);
  answer(request, {});
  EXPECT_TRUE(server_.attached());
  EXPECT_THAT(heard_.take(), ElementsAre(HasSubstr("was quarantined: in your name, but not with your key")));
  deliver_own(4);
  EXPECT_EQ(asked(), 0u) << "asked a moment ago: the message holds nothing up";
  EXPECT_TRUE(receiver_.settled());
  machine_.later_us += 2'500'000;
  deliver_own(5);
  EXPECT_NE(asked(), 0u);
}

TEST_F(OwnKeyTest, AWorkerOfBeforeKnowsNoChanges) {
  worker_version_ = 2;
  live();
  deliver_own(3);
  turns();
  EXPECT_THAT(heard_.take(), ElementsAre(HasSubstr("was quarantined: in your name, but not with your key")));
}

// A device whose pins came with the vault knows the newest key of bob and none of before.
class OldMessageTest : public ReceiverTest {
 protected:
  OldMessageTest() {
    worker_version_ = 3;
    live();
    const e2e::Identity bobs(realm(), "bob", {tests::test_key(1), tests::test_key(2)});
    const e2e::MessageId old{e2e::fingerprint(realm(), "bob", spki(2)), Bytes(16, 'o'), 1};
    deliver(e2e::seal_message(bobs, me().peer(), at_, e2e::Edit{old, "hello", {}}, 1'000)->envelope);
    turn_.run();
  }
  // Answers as the server: bob has key 1 of the pool, and had this key before.
  void answer(size_t before) {
    const e2e::Identity bobs(realm(), "bob", {tests::test_key(1), tests::test_key(before)});
    for (int i = 0; i < 3; ++i) {
      for (const v1::ClientFrame& frame : asks()) {
        if (frame.has_get_users()) {
          feed(frame.request(), [](auto& f) {
            v1::User& user = *f.mutable_users()->add_users();
            user.set_name("bob");
            user.set_public_key(spki(1));
          });
        }
        if (!frame.has_get_rekeys()) continue;
        feed(frame.request(), [&](auto& f) {
          f.mutable_rekeys()->set_first_public_key(spki(before));
          for (const Bytes& rekey : e2e::make_rekeys(bobs, 1, 1)) f.mutable_rekeys()->add_rekeys(rekey);
        });
      }
      turn_.run();
    }
    turns();
  }
};

TEST_F(OldMessageTest, AnEditOfAMessageOfBeforeTheChangeOfTheKeyIsTakenIn) {
  answer(2);
  EXPECT_THAT(heard_.take(), IsEmpty());
  EXPECT_THAT(*store_->quarantine().all(), IsEmpty());
  EXPECT_TRUE(receiver_.settled());
}

TEST_F(OldMessageTest, AnEditOfSomebodyElsesMessageIsQuarantined) {
  answer(4);
  EXPECT_THAT(heard_.take(), Contains(HasSubstr("quarantined: it refers to a message that is not the sender's")));
}

TEST_F(ReceiverTest, AMessageThatCannotBeOpenedIsQuarantined) {
  deliver("no envelope");
  turns();
  EXPECT_THAT(heard_.lines, ElementsAre(HasSubstr("notice: a message from somebody was quarantined")));
  EXPECT_THAT(*store_->quarantine().all(), SizeIs(1));
}

TEST_F(ReceiverTest, AnAnnotationMayComeBeforeItsMessage) {
  const Bytes text = sealed(e2e::Text{"helo", {}});
  const e2e::MessageId id = last_sealed_;
  const Bytes edit = sealed(e2e::Edit{id, "hello", {}});
  deliver(edit);
  deliver(text);
  turns();
  EXPECT_THAT(sees("bob"), ElementsAre("bob: hello"));
}

TEST_F(ReceiverTest, ATextIsShownHarmlessAndKeptAsItWasSent) {
  const std::string text = "a\tb\u200Cc\u202Ed";
  deliver(sealed(e2e::Text{text, {}}));
  deliver(sealed(e2e::Reaction{last_sealed_, "\u2764\uFE0F", {}}));
  turns();
  ChatMessage seen = timeline_.history(PeerName("bob"), 1, 0)->front();
  EXPECT_EQ(seen.text, "a\tb\u200Ccd");
  EXPECT_EQ(exact_text(seen), text);
  deliver(sealed(e2e::Text{"plain", {}}));
  const e2e::MessageId id = last_sealed_;
  turns();
  EXPECT_EQ(timeline_.history(PeerName("bob"), 1, 0)->front().as_sent, "");
  deliver(sealed(e2e::Edit{id, "x\x1b[1m", {}}));
  turns();
  seen = timeline_.history(PeerName("bob"), 1, 0)->front();
  EXPECT_EQ(seen.text, "x[1m");
  EXPECT_EQ(exact_text(seen), "x\x1b[1m");
  deliver(sealed(e2e::Delete{id, {}}));
  turns();
  EXPECT_EQ(exact_text(timeline_.history(PeerName("bob"), 1, 0)->front()), "");
}

TEST_F(ReceiverTest, AReactionThatNobodyCanSeeIsNone) {
  deliver(sealed(e2e::Text{"hello", {}}));
  const e2e::MessageId id = last_sealed_;
  deliver(sealed(e2e::Reaction{id, "\u2764\uFE0F", {}}));
  turns();
  ASSERT_EQ(timeline_.history(PeerName("bob"), 1, 0)->front().reactions.size(), 1u);
  EXPECT_EQ(timeline_.history(PeerName("bob"), 1, 0)->front().reactions[0].emoji, "\u2764");
  EXPECT_EQ(timeline_.history(PeerName("bob"), 1, 0)->front().reactions[0].as_sent, "\u2764\uFE0F");
  deliver(sealed(e2e::Text{"again", {}}));
  deliver(sealed(e2e::Reaction{last_sealed_, "\u3000", {}}));
  turns();
  EXPECT_THAT(timeline_.history(PeerName("bob"), 1, 0)->front().reactions, IsEmpty());
}

TEST_F(ReceiverTest, AReadReceiptRaisesTheState) {
  send("bob", "hello");
  turns();
  heard_.take();
  const auto own = store_->messages().of_ref(last_.ref);
  const e2e::ReadEntry entry{{(*own)->from_fpr, (*own)->stream, (*own)->seq}, (*own)->hash};
  deliver(sealed(e2e::make_receipt(bob(), {entry}, 2'000)));
  turns();
  EXPECT_THAT(heard_.take(), ElementsAre("read"));
}

// A message of a group that this device does not have. The message stays with the server until the server has listed
// the groups.
TEST_F(ReceiverTest, AMessageOfAnUnknownGroupAsksForTheList) {
  const e2e::GroupState state = group_of(bob(), me(), "secret");
  const auto message = e2e::seal_group_message(bob(), state, {Bytes(16, 'g'), 1, {}}, e2e::Text{"hello", {}}, 1'000);
  deliver(message->envelope, v1::TO_GROUP);
  turn_.run();
  EXPECT_FALSE(receiver_.all_opened());
  uint64_t asked = 0;
  for (const v1::ClientFrame& frame : asks()) {
    if (frame.has_list_groups()) asked = frame.request();
  }
  ASSERT_NE(asked, 0u);
  EXPECT_EQ(acknowledged(), 0u);
  feed(asked, [&](auto& f) {
    v1::GroupSummary& group = *f.mutable_groups()->add_groups();
    group.set_group_id(state.group_id);
    group.set_name("secret");
    group.set_epoch(1);
  });
  turns();
  EXPECT_EQ(*store_->waiting().count(state.group_id), 1u) << "it waits on disk for the key";
  EXPECT_TRUE(receiver_.settled());
}

// Many senders cannot end each other's pauses.
TEST_F(ReceiverTest, OfManySendersOfUnlistedGroupsOnlyTheOldestIsForgotten) {
  ParkedMessages parked(turn_, server_, *account_, sync_);
  e2e::Received received;
  received.header.group_id = Bytes(32, 'g');
  const auto parks = [&](int sender, bool listed) {
    received.header.from_user = "u" + std::to_string(10'000 + sender);
    Arrival arrival;
    arrival.listed = listed;
    return parked.park(arrival, received);
  };
  for (int sender = 0; sender <= 1'000; ++sender) EXPECT_FALSE(parks(sender, true));
  EXPECT_TRUE(parks(0, false));
  for (int sender = 1; sender <= 1'000; ++sender) EXPECT_FALSE(parks(sender, false)) << sender;
}

TEST_F(ReceiverTest, AMessageOfAGroupIsShownUnderItsName) {
  const Bytes id = has_group("team");
  const auto message =
      e2e::seal_group_message(bob(), *groups_.current(id), {Bytes(16, 'g'), 1, {}}, e2e::Text{"hello", {}}, 1'000);
  deliver(message->envelope, v1::TO_GROUP);
  turns();
  EXPECT_THAT(sees("#team"), ElementsAre("bob: hello"));
}

}  // namespace
}  // namespace fastchat::client
