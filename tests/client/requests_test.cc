// Requests: messages of strangers, the answers to them, blocked people, and the server's copy of the decisions.
#include "client/messages/requests.h"

#include "client/e2e/receipt.h"
#include "common/clock.h"
#include "tests/client/requests_fixture.h"

namespace fastchat::client {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

TEST_F(RequestsTest, AStrangersMessageWaitsAsARequestAndIsToldOnce) {
  live_with();
  bob_writes("hello");
  bob_writes("are you there?");
  EXPECT_THAT(requests(), ElementsAre("bob: hello"));
  EXPECT_EQ(requests_.all()->front().messages, 2u);
  EXPECT_THAT(heard_.take(),
              ElementsAre("bob bob: hello", HasSubstr("notice: bob is a stranger"), "bob bob: are you there?"));
  EXPECT_TRUE(timeline_.conversations()->front().request);
  EXPECT_TRUE(timeline_.history(PeerName("bob"), 1, 0)->front().request);
}

TEST_F(RequestsTest, AStrangerHearsNothingOfTheReader) {
  live_with();
  bob_writes("hello");
  receipts_.mark_read(PeerName("bob"));
  EXPECT_THAT(goes_out(), IsEmpty());
  EXPECT_EQ(timeline_.conversations()->front().unseen, 0u);
}

TEST_F(RequestsTest, AnAcceptedPersonIsNoRequestAndTheServerKnows) {
  live_with();
  bob_writes("hello");
  requests_.accept(PeerName("bob"), done());
  EXPECT_THAT(told_the_server(), ElementsAre("bob=1"));
  EXPECT_THAT(answers_, ElementsAre("ok"));
  EXPECT_THAT(requests(), IsEmpty());
  EXPECT_TRUE(pins_.dirty()) << "the vault gets the decision";
  EXPECT_THAT(decided_, Contains("bob"));
  EXPECT_TRUE(standings_.settled());
}

TEST_F(RequestsTest, WritingToSomebodyAcceptsBeforeTheMessageLeaves) {
  live_with();
  send("bob", "hello");
  turn_.run();
  server_.engine().tick(turn_.now_ms());
  const auto sent = std::exchange(ports_.sent, {});
  ASSERT_THAT(sent.cold, SizeIs(1));
  EXPECT_TRUE(sent.cold[0].has_put_contacts());
  EXPECT_EQ(sent.cold[0].put_contacts().contacts(0).user(), "bob");
  EXPECT_THAT(sent.refs, SizeIs(1));
  EXPECT_EQ(bobs(), Standing::kAccepted);
}

TEST_F(RequestsTest, ADeclinedRequestIsDeletedAndMayComeAgain) {
  live_with();
  bob_writes("hello");
  const int64_t position = timeline_.history(PeerName("bob"), 1, 0)->front().position;
  requests_.decline(PeerName("bob"), done());
  EXPECT_THAT(told_the_server(), ElementsAre("bob=0"));
  EXPECT_THAT(answers_, ElementsAre("ok"));
  EXPECT_THAT(requests(), IsEmpty());
  EXPECT_THAT(sees("bob"), IsEmpty());
  EXPECT_THAT(*timeline_.conversations(), IsEmpty());
  requests_.decline(PeerName("bob"), done());
  turn_.run();
  EXPECT_THAT(answers_.back(), HasSubstr("bob is no request"));
  bob_writes("please");
  EXPECT_THAT(requests(), ElementsAre("bob: please"));
  EXPECT_GT(timeline_.history(PeerName("bob"), 1, 0)->front().position, position) << "a position is never given again";
}

TEST_F(RequestsTest, ABlockedPersonsMessagesAreDroppedAndAcknowledged) {
  live_with();
  bob_writes("hello");
  requests_.block("bob", done());
  EXPECT_THAT(told_the_server(), ElementsAre("bob=2"));
  EXPECT_THAT(sees("bob"), IsEmpty()) << "the request is gone";
  heard_.take();
  bob_writes("answer me");
  EXPECT_THAT(sees("bob"), IsEmpty());
  EXPECT_THAT(heard_.take(), IsEmpty());
  EXPECT_EQ(server_.engine().unwritten(), 0u);
  send("bob", "no");
  turn_.run();
  EXPECT_THAT(answers_.back(), HasSubstr("you blocked bob"));
  requests_.accept(PeerName("bob"), done());
  turn_.run();
  EXPECT_THAT(answers_.back(), HasSubstr("you blocked bob"));
  requests_.unblock("bob", done());
  EXPECT_THAT(told_the_server(), ElementsAre("bob=0"));
  bob_writes("hello again");
  EXPECT_THAT(sees("bob"), ElementsAre("bob: hello again")) << "the place of dropped messages is no hole";
}

TEST_F(RequestsTest, AContactWhoWasBlockedIsAContactAgain) {
  live_with();
  send("bob", "hello");
  told_the_server();
  requests_.block("bob", done());
  told_the_server();
  EXPECT_THAT(sees("bob"), ElementsAre("alice: hello")) << "the conversation stays";
  EXPECT_TRUE(timeline_.conversations()->front().blocked);
  requests_.unblock("bob", done());
  EXPECT_THAT(told_the_server(), ElementsAre("bob=1"));
}

TEST_F(RequestsTest, ABlockedMemberOfAGroupIsOneDimLine) {
  live_with();
  const Bytes id = has_group("team");
  ASSERT_TRUE(requests_.on_group(id));
  EXPECT_THAT(told_the_server(), ElementsAre("#=1")) << "a group of this user";
  requests_.block("bob", done());
  told_the_server();
  store::Message row;
  row.conversation = store::ConversationId::group(id);
  row.kind = 1;
  row.from = "bob";
  row.from_fpr = Bytes(32, 'f');
  row.stream = Bytes(16, 's');
  row.seq = 1;
  row.hash = Bytes(32, 'h');
  row.body = account_->box().seal(LocalPlace::message_body(row.hash, row.kind), "secret");
  begin();
  ASSERT_TRUE(store_->messages().add(row, false).ok());
  commit();
  const auto lines = timeline_.history(PeerName("#team"), 9, 0);
  ASSERT_THAT(*lines, SizeIs(1));
  EXPECT_TRUE(lines->front().hidden);
  EXPECT_EQ(lines->front().text, "hidden: bob is blocked");
}

TEST_F(RequestsTest, TheOldestOfTooManyRequestsIsTurnedDown) {
  live_with();
  has_strangers(Requests::kMaxOpen);
  bob_writes("hello");
  EXPECT_THAT(requests(), SizeIs(Requests::kMaxOpen));
  EXPECT_THAT(requests(), Not(Contains("user0: spam")));
  EXPECT_THAT(requests(), Contains("bob: hello"));
}

TEST_F(RequestsTest, SeveralMessagesOfOneTurnAreARequestAsWell) {
  live_with();
  has_strangers(Requests::kMaxOpen);
  for (const char* text : {"one", "two", "three"}) deliver(sealed(e2e::Text{text, {}}));
  turn_.run();
  turn_.run();
  EXPECT_THAT(requests(), SizeIs(Requests::kMaxOpen));
  EXPECT_THAT(requests(), Contains("bob: one"));
  EXPECT_THAT(heard_.take(),
              ElementsAre("bob bob: one", HasSubstr("notice: bob is a stranger"), "bob bob: two", "bob bob: three"));
}

// The line that a stranger has another key may come before the first message.
TEST_F(RequestsTest, ALineAboutAKeyIsNoMessageOfTheStranger) {
  live_with();
  begin();
  ASSERT_TRUE(notices_.add(store::ConversationId::direct("bob"), "bob", "bob has a new key", Bytes(32, 'k'), false));
  turn_.run();
  EXPECT_THAT(requests(), IsEmpty()) << "nothing was written yet";
  heard_.take();
  bob_writes("hello");
  EXPECT_THAT(requests(), ElementsAre("bob: hello"));
  EXPECT_THAT(heard_.take(), Contains(HasSubstr("notice: bob is a stranger")));
}

// A device without the vault that accepts the recipient has the own message already.
TEST_F(RequestsTest, AConversationInWhichThisUserWroteIsNeverDeletedUnasked) {
  live_with();
  send("bob", "hello");
  bob_writes("hi");
  begin();
  ASSERT_TRUE(standings_.decide(store::ConversationId::direct("bob"), Standing::kNone).ok());
  requests_.turned_down(store::ConversationId::direct("bob"), turn_.wall_ms());
  turn_.run();
  EXPECT_THAT(sees("bob"), ElementsAre("alice: hello", "bob: hi"));
  has_strangers(Requests::kMaxOpen);
  EXPECT_THAT(sees("bob"), ElementsAre("alice: hello", "bob: hi")) << "the oldest, but no stranger's alone";
  requests_.block("bob", done());
  turn_.run();
  EXPECT_THAT(sees("bob"), ElementsAre("alice: hello", "bob: hi"));
}

TEST_F(RequestsTest, ABlockAndItsEndOnAnotherDeviceDeleteNothing) {
  live_with();
  send("bob", "hello");
  bob_writes("hi");
  StandingBook other;
  ASSERT_TRUE(other.decide(store::ConversationId::direct("bob"), Standing::kBlocked, INT64_C(4'000'000'000'000)).ok());
  ASSERT_TRUE(other.decide(store::ConversationId::direct("bob"), Standing::kNone, INT64_C(4'000'000'000'000)).ok());
  e2e::VaultContent vault;
  other.write(vault);
  begin();
  ASSERT_TRUE(standings_.merge(vault).ok());
  turn_.run();
  EXPECT_EQ(bobs(), Standing::kNone);
  EXPECT_THAT(sees("bob"), ElementsAre("alice: hello", "bob: hi"));
}

TEST_F(RequestsTest, AnAnswerIsToldOnceItIsOnDisk) {
  live_with();
  bob_writes("hello");
  requests_.decline(PeerName("bob"), done());
  EXPECT_THAT(answers_, IsEmpty());
  refuse_turn();
  EXPECT_THAT(answers_, ElementsAre("the disk is full"));
  EXPECT_THAT(requests(), ElementsAre("bob: hello"));
}

TEST_F(RequestsTest, ALockedProfileAnswersNothing) {
  live_with();
  bob_writes("hello");
  is_invited("trap");
  Account locked(*store_);  // as another process has it before the password
  ASSERT_TRUE(locked.load().ok());
  Requests requests(turn_, store_->messages(), store_->standings(), locked, pins_, standings_, look_ups_, groups_,
                    editor_, timeline_, search_, heard_);
  requests.accept(PeerName("#trap"), done());
  requests.decline(PeerName("bob"), done());
  requests.unblock("bob", done());
  turn_.run();
  EXPECT_THAT(answers_, ElementsAre("not logged in", "not logged in", "not logged in"));
}

TEST_F(RequestsTest, TheFirstWordsAreOneHarmlessLine) {
  live_with();
  bob_writes("\x1b]52;c;aGk=\x07\x1b[2J\u202Eevil\u202C\r\n\u2066x\u2069 \u200B" + std::string(16'000, 'a'));
  const std::string text = requests_.all()->front().text;
  EXPECT_LE(text.size(), 120u);
  EXPECT_THAT(text, HasSubstr("evil"));
  for (const char* bad : {"\x1b", "\x07", "\n", "\r", "\u202E", "\u202C", "\u2066", "\u200B"}) {
    EXPECT_THAT(text, Not(HasSubstr(bad)));
  }
}

TEST_F(RequestsTest, ADecisionThatIsNotOnDiskIsTakenBack) {
  live_with();
  bob_writes("hello");
  requests_.decline(PeerName("bob"), done());
  refuse_turn();
  EXPECT_THAT(requests(), ElementsAre("bob: hello"));
  EXPECT_THAT(sees("bob"), ElementsAre("bob: hello"));
}

TEST_F(RequestsTest, AfterARefusalTheNextMessageBeginsAStream) {
  live_with();
  for (const Code code : {Code::kRefused, Code::kNotAcceptedYet}) {
    send("bob", "one");
    const auto refs = goes_out();
    ASSERT_THAT(refs, SizeIs(1));
    const Bytes stream = store_->outbox().all()->front().stream;
    heard_.take();
    downstream([&](auto& w) { w.rejected(refs[0], wire::to_wire(code), 0); });
    turn_.run();
    turn_.run();
    EXPECT_THAT(heard_.take(), ElementsAre(HasSubstr("failed: bob ")));
    send("bob", "two");
    EXPECT_THAT(goes_out(), SizeIs(1));
    EXPECT_NE(store_->outbox().all()->front().stream, stream) << "nobody waits for the message that was refused";
    EXPECT_EQ(store_->outbox().all()->front().seq, 1u);
    downstream([&](auto& w) { w.delivered(store_->outbox().all()->front().ref); });
    turn_.run();
  }
}

// ---- the server's copy

// The vault of the sign-up has no list, and would make contacts of strangers on another device.
TEST_F(RequestsTest, TheFirstPolicyOfAServerIsInTheNextVault) {
  begin();
  ASSERT_TRUE(store_->standings().put_strangers({}).ok());
  commit();
  ASSERT_TRUE(standings_.load().ok());
  (void)pins_.take_dirty();
  live_with({}, v1::ASK);
  EXPECT_TRUE(pins_.dirty());
  e2e::VaultContent vault;
  standings_.book().write(vault);
  EXPECT_EQ(vault.lists_contacts(), 1u);
  (void)pins_.take_dirty();
  machine_.later_us += 10'500'000;
  standings_.server_changed();
  answer_copy({}, v1::ASK);
  EXPECT_FALSE(pins_.dirty()) << "nothing is new";
}

TEST_F(RequestsTest, WhoIsAcceptedIsNoStrangerForAMomentWhenThePolicyChanges) {
  live_with();
  requests_.accept(PeerName("bob"), done());
  ASSERT_TRUE(standings_.decide_strangers(Strangers::kRefuse).ok());
  EXPECT_THAT(told_the_server(), ElementsAre("bob=1"));
  EXPECT_THAT(told_the_server(), ElementsAre("strangers=3"));
}

TEST_F(RequestsTest, ADecisionOfAKilledProgramReachesTheServerLater) {
  requests_.block("bob", done());
  turn_.run();
  EXPECT_THAT(answers_, ElementsAre("ok"));
  ASSERT_TRUE(standings_.load().ok());  // as the next process does
  live();
  standings_.attached();
  EXPECT_THAT(told_the_server(), Contains("bob=2"));
}

TEST_F(RequestsTest, ARestoredDatabaseIsToldEverything) {
  live_with();
  requests_.accept(PeerName("bob"), done());
  EXPECT_THAT(told_the_server(), ElementsAre("bob=1"));
  EXPECT_TRUE(standings_.settled());
  machine_.later_us += 10'500'000;
  standings_.attached();
  answer_copy({}, v1::TAKE);
  machine_.later_us += 2'500'000;  // the request from before attached() has no answer, which delays the next one
  EXPECT_THAT(told_the_server(), ElementsAre("bob=1"));
  EXPECT_THAT(told_the_server(), ElementsAre("strangers=2"));
}

TEST_F(RequestsTest, AStandingThatTheVaultLacksIsTakenBackAfterALookAtTheVault) {
  newest_vault_ = false;
  live_with({{"carol", v1::ACCEPTED}});
  EXPECT_EQ(vault_fetches_, 1);
  EXPECT_THAT(told_the_server(), IsEmpty()) << "the vault is on its way";
  newest_vault_ = true;
  EXPECT_THAT(told_the_server(), ElementsAre("carol=0"));
  EXPECT_TRUE(standings_.settled());
}

TEST_F(RequestsTest, AStandingOfAnotherDeviceIsInTheVaultThatComesMeanwhile) {
  newest_vault_ = false;
  live_with({{"carol", v1::BLOCKED}});
  StandingBook other;
  ASSERT_TRUE(other.decide(store::ConversationId::direct("carol"), Standing::kBlocked, 5).ok());
  e2e::VaultContent vault;
  other.write(vault);
  begin();
  ASSERT_TRUE(standings_.merge(vault).ok());
  commit();
  newest_vault_ = true;
  EXPECT_THAT(told_the_server(), IsEmpty());
}

TEST_F(RequestsTest, TwoDevicesThatDisagreeDoNotFight) {
  live_with();
  standings_.server_changed();
  for (const v1::ClientFrame& frame : asks()) EXPECT_FALSE(frame.has_get_contacts());
  EXPECT_LE(standings_.next_wake(), turn_.now_ms() + 10'000);
}

// A device that merged another one's decision looks whether the server has the decision, and tells it if need be.
TEST_F(RequestsTest, ADecisionOfADeviceThatEndedReachesTheServer) {
  live_with();
  StandingBook other;
  ASSERT_TRUE(other.decide(store::ConversationId::direct("carol"), Standing::kBlocked, 5).ok());
  e2e::VaultContent vault;
  other.write(vault);
  begin();
  ASSERT_TRUE(standings_.merge(vault).ok());
  commit();
  EXPECT_TRUE(standings_.settled()) << "a session may end before the look";
  machine_.later_us += 10'500'000;
  answer_copy({}, v1::ASK);
  machine_.later_us += 2'500'000;
  EXPECT_THAT(told_the_server(), ElementsAre("carol=2"));
}

TEST_F(RequestsTest, AChangeWhileTheCopyIsReadIsReadLater) {
  live();
  standings_.attached();
  const auto frames = asks();
  ASSERT_TRUE(frames.at(0).has_get_contacts());
  standings_.server_changed();
  feed(frames[0].request(), [](auto& f) { f.mutable_contacts()->set_strangers(v1::ASK); });
  turn_.run();
  machine_.later_us += 10'500'000;
  answer_copy({}, v1::ASK);
}

// Answers every question for a page with the same page, which says that there are more.
TEST_F(RequestsTest, AListWithoutAnEndIsSaidOnce) {
  begin();
  ASSERT_TRUE(store_->standings().put_strangers({}).ok());
  commit();
  ASSERT_TRUE(standings_.load().ok());
  live();
  standings_.attached();
  size_t pages = 0;
  for (bool asked = true; asked && pages < 9;) {
    asked = false;
    for (const v1::ClientFrame& frame : asks()) {
      if (!frame.has_get_contacts()) continue;
      asked = true;
      ++pages;
      feed(frame.request(), [](auto& f) {
        f.mutable_contacts()->set_strangers(v1::ASK);
        f.mutable_contacts()->set_more(true);
        v1::Contact& contact = *f.mutable_contacts()->add_contacts();
        contact.set_user("carol");
        contact.set_standing(v1::ACCEPTED);
      });
    }
    turn_.run();
  }
  EXPECT_EQ(pages, 2u);
  EXPECT_THAT(heard_.take(), ElementsAre(HasSubstr("has no order or no end")));
  EXPECT_EQ(standings_.book().strangers_row().server, 0);
  EXPECT_TRUE(standings_.settled()) << "a command ends";
}

TEST_F(RequestsTest, AMessageLeavesAlthoughTheListOfContactsIsFull) {
  live_with();
  begin();
  for (size_t i = 0; i < StandingBook::kMaxAccepted; ++i) {
    ASSERT_TRUE(store_->standings().put({store::ConversationId::direct("user" + std::to_string(i)), 1, 5, false}).ok());
  }
  commit();
  ASSERT_TRUE(standings_.load().ok());
  send("bob", "hello");
  EXPECT_THAT(goes_out(), SizeIs(1));
  requests_.block("carol", done());
  turn_.run();
  requests_.accept(PeerName("bob"), done());
  turn_.run();
  EXPECT_THAT(answers_.back(), HasSubstr("which is the most"));
}

TEST_F(RequestsTest, AWorkerOfBeforeTakesMessagesOfEverybody) {
  worker_version_ = 3;
  begin();
  ASSERT_TRUE(standings_.decide_strangers(Strangers::kUndecided).ok());
  commit();
  live();
  standings_.attached();
  for (const v1::ClientFrame& frame : asks()) {
    EXPECT_FALSE(frame.has_get_contacts() || frame.has_put_contacts());
  }
  EXPECT_TRUE(standings_.book().open_to("bob"));
  EXPECT_TRUE(standings_.settled());
}

TEST_F(RequestsTest, ARequestThatAnotherDeviceDeclinedIsGoneHereToo) {
  live_with();
  bob_writes("hello");
  StandingBook other;
  ASSERT_TRUE(other.decide(store::ConversationId::direct("bob"), Standing::kNone, turn_.wall_ms()).ok());
  e2e::VaultContent vault;
  other.write(vault);
  begin();
  ASSERT_TRUE(standings_.merge(vault).ok());
  commit();
  EXPECT_THAT(requests(), IsEmpty());
}

TEST_F(RequestsTest, ARequestWithALaterMessageThanTheAnswerStays) {
  live_with();
  bob_writes("hello");
  StandingBook other;
  const auto bob = store::ConversationId::direct("bob");
  ASSERT_TRUE(other.decide(bob, Standing::kNone, store_->messages().history(bob, 1)->front().received_ms - 1).ok());
  e2e::VaultContent vault;
  other.write(vault);
  begin();
  ASSERT_TRUE(standings_.merge(vault).ok());
  commit();
  EXPECT_THAT(requests(), ElementsAre("bob: hello")) << "nobody has answered this one";
}

}  // namespace
}  // namespace fastchat::client
