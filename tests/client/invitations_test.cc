// Invitations: groups of strangers. They wait for an answer, and this client sends nothing because of them.
#include "client/messages/requests.h"

#include <algorithm>

#include "tests/client/requests_fixture.h"

namespace fastchat::client {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class InvitationsTest : public RequestsTest {
 protected:
  Standing of_group(const Bytes& id) { return standings_.book().of(store::ConversationId::group(id)); }
  // Returns the next epoch of bob's group, with this user as its admin.
  static e2e::GroupState handed_over(const e2e::GroupState& from, const e2e::Identity& heir) {
    e2e::GroupChange change = e2e::change_of(from);
    change.admin_fpr = heir.fpr();
    return e2e::change_group(bob(), from, std::move(change), tests::test_key(4).public_key()).value();
  }
  // Answers the questions of groups as a server that has these groups of bob, without their states.
  void answer_groups(const std::vector<std::pair<Bytes, uint64_t>>& groups) {
    for (int round = 0; round < 4; ++round) {
      for (const v1::ClientFrame& frame : asks()) {
        if (!frame.has_list_groups() && !frame.has_get_group()) continue;
        feed(frame.request(), [&](auto& f) {
          for (const auto& [id, epoch] : groups) {
            if (frame.has_list_groups()) {
              v1::GroupSummary& group = *f.mutable_groups()->add_groups();
              group.set_group_id(id);
              group.set_name("trap");
              group.set_epoch(epoch);
            } else if (frame.get_group().group_id() == id) {
              f.mutable_group()->set_epoch(epoch);
              f.mutable_group()->set_admin("bob");
              f.mutable_group()->set_member(true);
            }
          }
        });
      }
    }
  }
};

TEST_F(InvitationsTest, AStrangersGroupIsAnInvitation) {
  live_with();
  is_invited("trap");
  EXPECT_THAT(heard_.take(), ElementsAre(HasSubstr("notice: bob is a stranger and added you to #trap")));
  EXPECT_THAT(requests(), ElementsAre("#trap: "));
  requests_.accept(PeerName("#trap"), done());
  EXPECT_THAT(told_the_server(), UnorderedElementsAre("bob=1", "#=1")) << "the keys of the group come from its admin";
  EXPECT_THAT(requests(), IsEmpty());
}

TEST_F(InvitationsTest, AGroupOfABlockedPersonIsNotListed) {
  live_with();
  requests_.block("bob", done());
  told_the_server();
  e2e::GroupState state = group_of(bob(), me(), "trap");
  begin();
  groups_.adopt(std::move(state), std::nullopt);
  commit();
  EXPECT_THAT(requests(), IsEmpty());
}

TEST_F(InvitationsTest, InvitationsEvictNobody) {
  live_with();
  has_strangers(Requests::kMaxOpen);
  const Bytes id = is_invited("trap");
  has_message(store::ConversationId::group(id), "bob", 1'000);
  EXPECT_THAT(requests(), Contains("user0: spam"));
  EXPECT_THAT(requests(), Contains("#trap: spam"));
  EXPECT_THAT(requests(), SizeIs(Requests::kMaxOpen + 1));
}

TEST_F(InvitationsTest, TooManyAreHiddenAndNotDeleted) {
  live_with();
  for (size_t i = 0; i <= Requests::kMaxInvitations; ++i) is_invited("trap" + std::to_string(i));
  bob_writes("hello");
  EXPECT_THAT(requests(), SizeIs(Requests::kMaxInvitations + 1)) << "with bob";
  EXPECT_THAT(requests(), Contains("bob: hello"));
  const std::string first = requests_.all()->back().peer.text();
  requests_.accept(PeerName(first), done());
  turn_.run();
  EXPECT_THAT(requests(), IsEmpty()) << "all were of one stranger";
}

TEST_F(InvitationsTest, AnInvitationWithSeveralLinesIsToldOnce) {
  live_with();
  e2e::GroupState state = group_of(bob(), me(), "trap");
  begin();
  for (const char* line : {"bob added you", "the group is called trap", "carol left"}) {
    ASSERT_TRUE(notices_.add(store::ConversationId::group(state.group_id), "bob", line, state.group_id, false));
  }
  const Bytes id = has_states({state});
  begin();
  ASSERT_TRUE(requests_.on_group(id));
  turn_.run();
  const auto lines = heard_.take();
  EXPECT_EQ(std::count_if(lines.begin(), lines.end(), [](const auto& l) { return l.starts_with("notice: bob"); }), 1);
}

TEST_F(InvitationsTest, AnInvitationOfATurnThatIsUndoneIsToldLater) {
  live_with();
  e2e::GroupState state = group_of(bob(), me(), "trap");
  begin();
  groups_.adopt(state, std::nullopt);
  ASSERT_TRUE(requests_.on_group(state.group_id));
  refuse_turn();
  EXPECT_THAT(heard_.take(), Not(Contains(HasSubstr("bob is a stranger"))));
  has_states({state});
  EXPECT_THAT(heard_.take(), Contains(HasSubstr("added you to #trap:")));
}

TEST_F(InvitationsTest, TheNextProcessDoesNotTellOfItAgain) {
  live_with();
  e2e::GroupState state = group_of(bob(), me(), "trap");
  groups_.adopt(state, std::nullopt);
  requests_.load();
  has_states({state});
  EXPECT_THAT(heard_.take(), IsEmpty());
  EXPECT_THAT(requests(), ElementsAre("#trap: "));
}

TEST_F(InvitationsTest, AGroupThatThisUserLeftIsNotAccepted) {
  live_with();
  const Bytes id = is_invited("trap");
  groups_.set_membership(id, Membership::kLeft);
  requests_.accept(PeerName("#trap"), done());
  turn_.run();
  EXPECT_THAT(answers_, ElementsAre(HasSubstr("#trap")));
  EXPECT_EQ(of_group(id), Standing::kNone);
}

TEST_F(InvitationsTest, ABlockedAdminStaysBlocked) {
  live_with();
  is_invited("trap");
  requests_.block("bob", done());
  told_the_server();
  requests_.accept(PeerName("#trap"), done());
  EXPECT_THAT(told_the_server(), ElementsAre("#=1"));
  EXPECT_EQ(bobs(), Standing::kBlocked);
}

TEST_F(InvitationsTest, WritingAcceptsTheGroupAndItsAdmin) {
  live_with();
  is_invited("trap");
  send("#trap", "hello");
  EXPECT_THAT(told_the_server(), UnorderedElementsAre("bob=1", "#=1"));
}

TEST_F(InvitationsTest, NothingIsSentBecauseOfAnInvitation) {
  live_with();
  typing_.want(true);
  const Bytes id = is_invited("trap");
  has_message(store::ConversationId::group(id), "bob", 1);
  typing_.type(PeerName("#trap"));
  receipts_.mark_read(PeerName("#trap"));
  turn_.run();
  server_.engine().tick(turn_.now_ms());
  const auto sent = std::exchange(ports_.sent, {});
  EXPECT_THAT(sent.refs, IsEmpty());
  EXPECT_EQ(sent.signals, 0u);
  requests_.accept(PeerName("#trap"), done());
  turn_.run();
  typing_.type(PeerName("#trap"));
  server_.engine().tick(turn_.now_ms());
  EXPECT_EQ(std::exchange(ports_.sent, {}).signals, 1u);
}

// The server takes 3 messages of a stranger, also those without a line.
TEST_F(InvitationsTest, NoKeyIsAskedForBeforeTheAnswer) {
  live_with();
  begin();
  const e2e::GroupState state = group_of(bob(), me(), "trap");
  groups_.adopt(state, std::nullopt);  // the key of the epoch is missing
  const Bytes unknown(32, 'u');
  groups_.add(unknown);
  sync_.attached();
  commit();
  answer_groups({{state.group_id, 1}, {unknown, 3}});
  machine_.later_us += 60'000'000;
  turn_.run();
  EXPECT_THAT(group_sent_, IsEmpty());
  EXPECT_GT(sync_.next_wake(), turn_.now_ms()) << "the loop sleeps";
  requests_.accept(PeerName("#trap"), done());
  turn_.run();
  machine_.later_us += 3'000'000;
  turn_.run();
  EXPECT_THAT(group_sent_, Contains(HasSubstr("bob ")));
}

// The members of a new group ask its admin for the key, and send receipts.
TEST_F(InvitationsTest, WhoIsAddedIsAcceptedOnceTheKeyIsKnown) {
  live_with();
  requests_.adds({"bob", "carol", "nobody", "no/name"});
  EXPECT_EQ(bobs(), Standing::kAccepted);
  for (const v1::ClientFrame& frame : asks()) {
    if (!frame.has_get_users()) continue;
    feed(frame.request(), [](auto& f) {
      v1::User& user = *f.mutable_users()->add_users();
      user.set_name("carol");
      user.set_public_key(spki(2));
    });
  }
  turn_.run();
  EXPECT_EQ(standings_.book().of(store::ConversationId::direct("carol")), Standing::kAccepted);
  EXPECT_EQ(standings_.book().of(store::ConversationId::direct("nobody")), Standing::kNone);
}

// A stranger who hands a group over chooses the next admin: a contact of this user, or this user.
TEST_F(InvitationsTest, AHandoverIsNoWayAroundTheAnswer) {
  live_with();
  const e2e::GroupState first = group_of(bob(), me(), "trap");
  const Bytes id = has_states({first, handed_over(first, me())});
  EXPECT_TRUE(groups_.info(id)->admin_is_me);
  EXPECT_EQ(of_group(id), Standing::kNone);
  EXPECT_THAT(requests(), ElementsAre("#trap: "));
  EXPECT_EQ(requests_.all()->front().from, "bob");
  e2e::Received left;
  left.header.from_user = "bob";
  left.header.id.from_fpr = bob().fpr();
  left.hash = Bytes(32, 'l');
  begin();
  EXPECT_TRUE(sync_.on_leave(left, {id}));
  turn_.run();
  EXPECT_TRUE(store_->groups().changes()->empty()) << "this client signs no epoch of the group";
  EXPECT_THAT(heard_.take(), Contains(HasSubstr("bob is a stranger and added you to #trap")));
  EXPECT_TRUE(requests_.all()->front().admin_is_me);
  requests_.decline(PeerName("#trap"), done());
  const auto asked = asks();
  EXPECT_TRUE(std::any_of(asked.begin(), asked.end(), [](const auto& frame) { return frame.has_delete_group(); }))
      << "an admin cannot leave";
}

TEST_F(InvitationsTest, AFullBookOfDecisionsStopsNoGroup) {
  live_with();
  e2e::VaultContent vault;
  vault.set_lists_contacts(1);
  for (size_t i = 0; i < StandingBook::kMaxGroups; ++i) {
    v1::content::VaultContact& contact = *vault.add_contacts();
    const std::string number = std::to_string(i);
    contact.set_group(Bytes(32 - number.size(), 'g') + number);
    contact.set_standing(v1::content::CONTACT_ACCEPTED);
    contact.set_changed_ms(5);
  }
  begin();
  ASSERT_TRUE(standings_.decide_strangers(Strangers::kTake).ok());
  ASSERT_TRUE(standings_.merge(vault).ok());
  commit();
  is_invited("team");
  EXPECT_FALSE(store_->groups().epochs()->empty()) << "the turn was not undone";
  EXPECT_FALSE(groups_.find_name("team").empty());
}

}  // namespace
}  // namespace fastchat::client
