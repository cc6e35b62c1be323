// Requests: messages of strangers, the answers to them, blocked people, and the server's copy of the decisions.
#include "client/messages/requests.h"

#include "client/e2e/receipt.h"
#include "common/clock.h"
#include "tests/client/rooms_fixture.h"

namespace fastchat::client {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class RequestsTest : public RoomsFixture {
 protected:
  RequestsTest() {
    begin();
    EXPECT_TRUE(standings_.decide_strangers(Strangers::kAsk).ok());
    commit();
    (void)pins_.take_dirty();
    worker_version_ = 4;
  }
  // Attaches to a worker of version 4 with this copy of the contacts.
  void live_with(const std::vector<std::pair<std::string, v1::Standing>>& contacts = {},
                 v1::Strangers strangers = v1::ASK) {
    live();
    standings_.attached();
    answer_copy(contacts, strangers);
  }
  void answer_copy(const std::vector<std::pair<std::string, v1::Standing>>& contacts, v1::Strangers strangers) {
    bool asked = false;
    for (const v1::ClientFrame& frame : asks()) {
      if (frame.has_put_contacts()) answer_put(frame);
      if (!frame.has_get_contacts()) continue;
      asked = true;
      feed(frame.request(), [&](auto& f) {
        f.mutable_contacts()->set_strangers(strangers);
        for (const auto& [user, standing] : contacts) {
          v1::Contact& contact = *f.mutable_contacts()->add_contacts();
          contact.set_user(user);
          contact.set_standing(standing);
        }
      });
    }
    EXPECT_TRUE(asked);
    turn_.run();
  }
  void answer_put(const v1::ClientFrame& frame) {
    feed(frame.request(), [](auto& f) { f.mutable_contacts_stored(); });
  }
  // Returns the changes that the client tells the server in this turn, as "bob=1", and stores them.
  std::vector<std::string> told_the_server() {
    std::vector<std::string> out;
    for (const v1::ClientFrame& frame : asks()) {
      if (!frame.has_put_contacts()) continue;
      for (const v1::Contact& c : frame.put_contacts().contacts()) {
        out.push_back((c.group().empty() ? c.user() : "#") + "=" + std::to_string(static_cast<int>(c.standing())));
      }
      if (frame.put_contacts().strangers() != v1::STRANGERS_NOT_SET) {
        out.push_back("strangers=" + std::to_string(static_cast<int>(frame.put_contacts().strangers())));
      }
      answer_put(frame);
    }
    turn_.run();
    return out;
  }
  void bob_writes(const std::string& text) {
    deliver(sealed(e2e::Text{text, {}}));
    turn_.run();
    turn_.run();
  }
  Requests::Done done() {
    return [this](const Result<>& r) { answers_.push_back(r.ok() ? "ok" : r.error().text); };
  }
  std::vector<std::string> requests() {
    std::vector<std::string> out;
    const auto all = requests_.all();
    if (!all.ok()) return {all.error().text};
    for (const RequestInfo& r : *all) out.push_back(r.peer.text() + ": " + r.text);
    return out;
  }
  Standing bobs() const { return standings_.book().of(store::ConversationId::direct("bob")); }
};

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

TEST_F(RequestsTest, AStrangersGroupIsAnInvitation) {
  live_with();
  e2e::GroupState state = group_of(bob(), me(), "trap");
  const Bytes id = state.group_id;
  begin();
  ASSERT_TRUE(epochs_.put(state, tests::test_key(5).pkcs8().view()));
  groups_.adopt(std::move(state), tests::test_key(5));
  ASSERT_TRUE(requests_.on_group(id));
  commit();
  turn_.run();
  EXPECT_THAT(heard_.take(), ElementsAre(HasSubstr("notice: bob is a stranger and added you to #trap")));
  EXPECT_THAT(requests(), ElementsAre("#trap: "));
  requests_.accept(PeerName("#trap"), done());
  EXPECT_THAT(told_the_server(), ElementsAre("#=1"));
  EXPECT_THAT(requests(), IsEmpty());
}

TEST_F(RequestsTest, AGroupOfABlockedPersonIsNotListed) {
  live_with();
  requests_.block("bob", done());
  told_the_server();
  e2e::GroupState state = group_of(bob(), me(), "trap");
  begin();
  groups_.adopt(std::move(state), std::nullopt);
  commit();
  EXPECT_THAT(requests(), IsEmpty());
}

TEST_F(RequestsTest, TheOldestOfTooManyRequestsIsTurnedDown) {
  live_with();
  begin();
  for (size_t i = 0; i < Requests::kMaxOpen; ++i) {
    store::Message row;
    row.conversation = store::ConversationId::direct("user" + std::to_string(i));
    row.kind = 1;
    row.from = row.conversation.user();
    row.from_fpr = Bytes(32, 'f');
    row.stream = Bytes(16, static_cast<char>(i));
    row.seq = 1;
    row.hash = Bytes(31, 'h') + static_cast<char>(i);
    row.body = account_->box().seal(LocalPlace::message_body(row.hash, row.kind), "spam");
    ASSERT_TRUE(store_->messages().add(row, false).ok());
  }
  commit();
  bob_writes("hello");
  EXPECT_THAT(requests(), SizeIs(Requests::kMaxOpen));
  EXPECT_THAT(requests(), Not(Contains("user0: spam")));
  EXPECT_THAT(requests(), Contains("bob: hello"));
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
  EXPECT_THAT(told_the_server(), ElementsAre("bob=1", "strangers=2"));
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
