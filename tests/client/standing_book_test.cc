// The person's decisions about people and groups: two devices at once, vaults of before, and the server's copy.
#include "client/contacts/standing_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "client/account/vault_budget.h"

namespace fastchat::client {
namespace {

using store::ConversationId;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

const ConversationId kBob = ConversationId::direct("bob"), kCarol = ConversationId::direct("carol");
const ConversationId kGroup = ConversationId::group(Bytes(32, 'g'));

e2e::VaultContent vault_of(const StandingBook& book) {
  e2e::VaultContent out;
  book.write(out);
  return out;
}

bool accepts(const StandingBook& book, const std::string& user) {
  return book.of(ConversationId::direct(user)) == Standing::kAccepted;
}

std::vector<ConversationId> turned_down(StandingBook& book) {
  std::vector<ConversationId> out;
  for (const auto& request : book.take_turned_down()) out.push_back(request.peer);
  return out;
}

// Returns a book that has to be in the vault and on the server.
StandingBook listed() {
  StandingBook out;
  (void)out.on_server_policy(Strangers::kAsk);
  (void)out.take_strangers_changed();
  return out;
}

// Restores a book from the rows that another one wrote.
StandingBook on_disk(StandingBook& book) {
  StandingBook out;
  out.restore(book.take_changed(), book.strangers_row());
  return out;
}

TEST(StandingBook, WhoIsOpenDependsOnTheStandingAndOnThePolicy) {
  StandingBook book;
  EXPECT_EQ(book.strangers(), Strangers::kAsk) << "before the server has told";
  EXPECT_FALSE(book.open_to("bob"));
  EXPECT_TRUE(book.on_server_policy(Strangers::kTake));
  EXPECT_TRUE(book.open_to("bob"));
  ASSERT_TRUE(book.decide(kBob, Standing::kBlocked, 5).ok());
  EXPECT_FALSE(book.open_to("bob"));
  book.decide_strangers(Strangers::kRefuse, 6);
  EXPECT_FALSE(book.open_to("carol"));
  ASSERT_TRUE(book.decide(kCarol, Standing::kAccepted, 7).ok());
  EXPECT_TRUE(book.open_to("carol"));
}

TEST(StandingBook, ADecisionIsOnDiskAndUnsentUntilTheServerHasIt) {
  StandingBook book = listed();
  ASSERT_TRUE(book.decide(kBob, Standing::kAccepted, 5).ok());
  StandingBook again = on_disk(book);
  EXPECT_TRUE(accepts(again, "bob"));
  ASSERT_THAT(again.unsent(9), ElementsAre(Pair(kBob, Standing::kAccepted))) << "killed before PutContacts";
  const auto sent = again.unsent(9);
  ASSERT_TRUE(again.decide(kBob, Standing::kBlocked, 6).ok());
  again.stored(sent, Strangers::kUndecided);
  EXPECT_THAT(again.unsent(9), ElementsAre(Pair(kBob, Standing::kBlocked))) << "decided anew meanwhile";
  again.stored(again.unsent(9), Strangers::kUndecided);
  EXPECT_FALSE(again.has_unsent());
}

TEST(StandingBook, OfTwoDevicesDecisionsTheLaterOneHoldsOnBoth) {
  StandingBook one = listed(), two = listed();
  ASSERT_TRUE(one.decide(kBob, Standing::kAccepted, 5).ok());
  ASSERT_TRUE(two.decide(kBob, Standing::kBlocked, 6).ok());
  EXPECT_FALSE(one.merge(vault_of(two)));
  EXPECT_TRUE(one.blocked("bob"));
  StandingBook earlier = listed();
  ASSERT_TRUE(earlier.decide(kBob, Standing::kAccepted, 5).ok());
  EXPECT_TRUE(two.merge(vault_of(earlier))) << "the vault lacks the later decision";
  EXPECT_TRUE(two.blocked("bob"));
}

TEST(StandingBook, AtOneMomentTheBlockHolds) {
  StandingBook one = listed(), two = listed();
  ASSERT_TRUE(one.decide(kBob, Standing::kAccepted, 5).ok());
  ASSERT_TRUE(two.decide(kBob, Standing::kBlocked, 5).ok());
  (void)one.merge(vault_of(two));
  (void)two.merge(vault_of(one));
  EXPECT_TRUE(one.blocked("bob"));
  EXPECT_TRUE(two.blocked("bob"));
}

TEST(StandingBook, AClockThatIsBehindDecidesLaterNonetheless) {
  StandingBook ahead = listed(), behind = listed();
  ASSERT_TRUE(ahead.decide(kBob, Standing::kAccepted, 1'000'000).ok());
  (void)behind.merge(vault_of(ahead));
  ASSERT_TRUE(behind.decide(kBob, Standing::kBlocked, 7).ok());
  (void)ahead.merge(vault_of(behind));
  EXPECT_TRUE(ahead.blocked("bob"));
}

TEST(StandingBook, ADeclinedRequestIsDeclinedOnTheOtherDevice) {
  StandingBook one = listed(), two = listed();
  ASSERT_TRUE(one.decide(kBob, Standing::kNone, 5).ok());
  (void)two.merge(vault_of(one));
  EXPECT_THAT(turned_down(two), ElementsAre(kBob));
  EXPECT_THAT(turned_down(two), IsEmpty());
  EXPECT_FALSE(two.has_unsent()) << "the device that decided tells the server";
  (void)two.merge(vault_of(one));
  EXPECT_THAT(turned_down(two), IsEmpty()) << "once";
}

TEST(StandingBook, AnEndedBlockIsNoDeclinedRequest) {
  StandingBook one = listed(), two = listed();
  ASSERT_TRUE(one.decide(kBob, Standing::kBlocked, 5).ok());
  (void)two.merge(vault_of(one));
  ASSERT_TRUE(one.decide(kBob, Standing::kNone, 6).ok());
  (void)two.merge(vault_of(one));
  EXPECT_THAT(turned_down(two), IsEmpty()) << "the conversation of the other device stays";
  ASSERT_TRUE(one.decide(kCarol, Standing::kAccepted, 7).ok());
  (void)two.merge(vault_of(one));
  ASSERT_TRUE(one.decide(kCarol, Standing::kNone, 8).ok());
  (void)two.merge(vault_of(one));
  EXPECT_THAT(turned_down(two), IsEmpty());
}

// A device of a version without contacts refuses a vault with fields that this version does not know.
TEST(StandingBook, AnAccountThatTakesEverybodyHasNoListInItsVault) {
  StandingBook book;
  (void)book.on_server_policy(Strangers::kTake);
  ASSERT_TRUE(book.decide(kBob, Standing::kAccepted, 5).ok());
  EXPECT_TRUE(vault_of(book).SerializeAsString().empty());
  EXPECT_FALSE(book.has_unsent()) << "the workers need no list either";
  EXPECT_FALSE(book.compare({Strangers::kTake, {{kCarol, Standing::kAccepted}}}, true));
  EXPECT_FALSE(book.has_unsent());
  e2e::VaultContent old;
  old.add_pins()->set_user("dave");
  EXPECT_FALSE(book.merge(old)) << "the vault lacks nothing";

  ASSERT_TRUE(book.decide(kCarol, Standing::kBlocked, 6).ok());
  EXPECT_EQ(vault_of(book).contacts_size(), 3) << "the first block lists all";
  EXPECT_THAT(book.unsent(9), ElementsAre(Pair(kCarol, Standing::kBlocked), Pair(kBob, Standing::kAccepted)));
  EXPECT_TRUE(book.merge(old)) << "a vault of a device that does not know yet";
  ASSERT_TRUE(book.decide(kCarol, Standing::kNone, 7).ok());
  EXPECT_EQ(vault_of(book).lists_contacts(), 1u) << "the other devices have to learn of the end of the block";
}

// The other devices, and the server, may have the list, and would never learn of the end of a block.
TEST(StandingBook, AListThatWasNeededOnceStays) {
  StandingBook book;
  (void)book.on_server_policy(Strangers::kTake);
  ASSERT_TRUE(book.decide(kBob, Standing::kAccepted, 5).ok());
  ASSERT_TRUE(book.decide(kBob, Standing::kBlocked, 6).ok());
  StandingBook other;
  (void)other.on_server_policy(Strangers::kTake);
  (void)other.merge(vault_of(book));
  book.stored(book.unsent(9), Strangers::kUndecided);
  ASSERT_TRUE(book.decide(kBob, Standing::kAccepted, 7).ok());
  EXPECT_TRUE(book.has_unsent());
  StandingBook again = on_disk(book);
  EXPECT_THAT(again.unsent(9), ElementsAre(Pair(kBob, Standing::kAccepted)));
  EXPECT_FALSE(other.merge(vault_of(again)));
  EXPECT_FALSE(other.blocked("bob"));
  EXPECT_FALSE(again.merge(vault_of(other))) << "the devices agree";
}

// A vault without a list makes contacts of all strangers.
TEST(StandingBook, ADeviceThatDoesNotKnowThePolicyKeepsTheList) {
  StandingBook one = listed(), fresh;
  ASSERT_TRUE(one.decide(kBob, Standing::kAccepted, 5).ok());
  (void)fresh.merge(vault_of(one));
  EXPECT_EQ(vault_of(fresh).lists_contacts(), 1u);
  (void)fresh.on_server_policy(Strangers::kTake);
  EXPECT_EQ(vault_of(fresh).lists_contacts(), 1u);
  EXPECT_EQ(fresh.strangers(), Strangers::kAsk) << "the vault has the policy that the server told first";
}

TEST(StandingBook, AServerThatDeniesThePolicyOpensNothing) {
  StandingBook book = listed();
  EXPECT_TRUE(book.on_server_policy(Strangers::kTake));
  EXPECT_EQ(book.strangers(), Strangers::kAsk);
  EXPECT_FALSE(book.open_to("bob"));
  EXPECT_FALSE(book.compare({Strangers::kTake, {}}, true));
  EXPECT_TRUE(book.policy_unsent());
  StandingBook decided;
  decided.decide_strangers(Strangers::kTake, 5);
  (void)book.merge(vault_of(decided));
  EXPECT_EQ(book.strangers(), Strangers::kTake) << "a decision of the person is later";
}

TEST(StandingBook, OfTwoPoliciesAtOneMomentTheHigherHolds) {
  StandingBook one, two;
  one.decide_strangers(Strangers::kTake, 5);
  two.decide_strangers(Strangers::kRefuse, 5);
  EXPECT_FALSE(one.merge(vault_of(two)));
  EXPECT_EQ(one.strangers(), Strangers::kRefuse);
  one = StandingBook();
  one.decide_strangers(Strangers::kTake, 5);
  EXPECT_TRUE(two.merge(vault_of(one)));
  EXPECT_EQ(two.strangers(), Strangers::kRefuse);
}

TEST(StandingBook, EverybodyPinnedInAVaultOfBeforeIsAccepted) {
  StandingBook book;
  ASSERT_TRUE(book.decide(kCarol, Standing::kBlocked, 5).ok());
  e2e::VaultContent old;
  old.add_pins()->set_user("bob");
  old.add_pins()->set_user("carol");
  EXPECT_TRUE(book.merge(old));
  EXPECT_TRUE(accepts(book, "bob"));
  EXPECT_TRUE(book.blocked("carol")) << "a decision of the person stays";
  e2e::VaultContent now = vault_of(listed());
  now.add_pins()->set_user("dave");
  (void)book.merge(now);
  EXPECT_FALSE(accepts(book, "dave")) << "a stranger whose message pinned a key";
}

TEST(StandingBook, ThePolicyOfTheLaterDecisionHolds) {
  StandingBook one, two;
  one.decide_strangers(Strangers::kTake, 5);
  two.decide_strangers(Strangers::kRefuse, 6);
  EXPECT_FALSE(one.merge(vault_of(two)));
  EXPECT_EQ(one.strangers(), Strangers::kRefuse);
  EXPECT_FALSE(one.policy_unsent()) << "the device that decided tells the server";
  EXPECT_FALSE(one.compare({Strangers::kTake, {}}, true));
  EXPECT_TRUE(one.policy_unsent()) << "which did not happen";
  one.stored({}, Strangers::kRefuse);
  EXPECT_FALSE(one.has_unsent());
  EXPECT_FALSE(StandingBook(one).merge(vault_of(one)));
}

TEST(StandingBook, ARestoredDatabaseGetsAllDecisionsAgain) {
  StandingBook book;
  ASSERT_TRUE(book.decide(kBob, Standing::kAccepted, 5).ok());
  ASSERT_TRUE(book.decide(kGroup, Standing::kAccepted, 5).ok());
  ASSERT_TRUE(book.decide(kCarol, Standing::kBlocked, 5).ok());
  book.decide_strangers(Strangers::kAsk, 5);
  book.stored(book.unsent(9), Strangers::kAsk);
  ASSERT_FALSE(book.has_unsent());
  book.begin_session();
  const StandingBook::ServerCopy copy{Strangers::kTake, {{kCarol, Standing::kAccepted}}};
  EXPECT_TRUE(book.compare(copy, false)) << "another device may have decided just now";
  EXPECT_FALSE(book.has_unsent());
  EXPECT_TRUE(book.on_server_policy(Strangers::kTake));
  EXPECT_FALSE(book.compare(copy, true));
  EXPECT_THAT(book.unsent(9), ElementsAre(Pair(kCarol, Standing::kBlocked), Pair(kBob, Standing::kAccepted),
                                          Pair(kGroup, Standing::kAccepted)));
  EXPECT_TRUE(book.policy_unsent());
}

TEST(StandingBook, AStandingThatOnlyTheServerHasIsTakenBackAfterALookAtTheVault) {
  StandingBook book = listed();
  const StandingBook::ServerCopy copy{Strangers::kAsk, {{kBob, Standing::kAccepted}}};
  EXPECT_TRUE(book.compare(copy, false)) << "another device may have decided just now";
  EXPECT_FALSE(book.has_unsent());
  EXPECT_FALSE(book.compare(copy, true));
  EXPECT_THAT(book.unsent(9), ElementsAre(Pair(kBob, Standing::kNone)));
  book.stored(book.unsent(9), Strangers::kUndecided);
  EXPECT_FALSE(book.has_unsent());
  EXPECT_THAT(vault_of(book).contacts(), IsEmpty()) << "no decision of the person";
}

// Another device blocked somebody, or ended a block, and told the server before this device has the vault.
TEST(StandingBook, AnOldStandingDoesNotUndoTheOneOfAnotherDevice) {
  StandingBook one = listed(), two = listed();
  ASSERT_TRUE(one.decide(kBob, Standing::kAccepted, 5).ok());
  one.stored(one.unsent(9), Strangers::kUndecided);
  (void)two.merge(vault_of(one));
  ASSERT_TRUE(two.decide(kBob, Standing::kBlocked, 6).ok());
  const StandingBook::ServerCopy blocked{Strangers::kAsk, {{kBob, Standing::kBlocked}}};
  EXPECT_TRUE(one.compare(blocked, false));
  EXPECT_FALSE(one.has_unsent());
  (void)one.merge(vault_of(two));
  EXPECT_FALSE(one.compare(blocked, true));
  EXPECT_FALSE(one.has_unsent());
  EXPECT_TRUE(one.blocked("bob"));

  ASSERT_TRUE(two.decide(kBob, Standing::kNone, 7).ok());
  EXPECT_TRUE(one.compare({Strangers::kAsk, {}}, false)) << "the block is not put back";
  EXPECT_FALSE(one.has_unsent());
  two.decide_strangers(Strangers::kRefuse, 8);
  one.decide_strangers(Strangers::kAsk, 7);
  one.stored({}, Strangers::kAsk);
  EXPECT_TRUE(one.compare({Strangers::kRefuse, {}}, false)) << "nor the policy";
  EXPECT_FALSE(one.has_unsent());
}

// The server passes over users that it does not have. Two devices would otherwise tell it for ever.
TEST(StandingBook, AContactWhoseAccountIsGoneIsToldTwiceASession) {
  StandingBook book = listed();
  ASSERT_TRUE(book.decide(kBob, Standing::kAccepted, 5).ok());
  book.stored(book.unsent(9), Strangers::kUndecided);
  EXPECT_FALSE(book.compare({Strangers::kAsk, {}}, true));
  EXPECT_TRUE(book.has_unsent()) << "another device may have taken a fresh decision back";
  book.stored(book.unsent(9), Strangers::kUndecided);
  EXPECT_FALSE(book.compare({Strangers::kAsk, {}}, true));
  EXPECT_FALSE(book.has_unsent());
  EXPECT_FALSE(book.compare({Strangers::kAsk, {{kBob, Standing::kBlocked}}}, true));
  EXPECT_TRUE(book.has_unsent()) << "another standing is a difference";
  book.stored(book.unsent(9), Strangers::kUndecided);
  book.begin_session();
  EXPECT_FALSE(book.compare({Strangers::kAsk, {}}, true));
  EXPECT_TRUE(book.has_unsent());
}

TEST(StandingBook, TheOldestDecisionAgainstSomebodyIsForgotten) {
  StandingBook book = listed();
  for (size_t i = 0; i <= StandingBook::kMaxTakenBack; ++i) {
    ASSERT_TRUE(
        book.decide(ConversationId::direct("user" + std::to_string(i)), Standing::kNone, static_cast<int64_t>(100 + i))
            .ok());
  }
  EXPECT_EQ(vault_of(book).contacts_size(), static_cast<int>(StandingBook::kMaxTakenBack));
  const auto rows = book.take_changed();
  EXPECT_EQ(std::count_if(rows.begin(), rows.end(), [](const auto& r) { return r.changed_ms == 0; }), 1);
}

// Returns the rows of `accepted` and `blocked` people.
std::vector<store::StandingRow> many(size_t accepted, size_t blocked, int64_t changed_ms) {
  std::vector<store::StandingRow> out;
  for (size_t i = 0; i < accepted + blocked; ++i) {
    out.push_back({ConversationId::direct("user" + std::to_string(i)), i < accepted ? 1 : 2, changed_ms, false});
  }
  return out;
}

TEST(StandingBook, AFullBookTakesNoMore) {
  StandingBook book;
  book.restore(many(StandingBook::kMaxAccepted, 0, 5), {});
  EXPECT_EQ(book.decide(kBob, Standing::kAccepted, 6).code(), Code::kTooLarge);
  EXPECT_TRUE(book.decide(kBob, Standing::kBlocked, 6).ok()) << "blocks have room of their own";
  EXPECT_TRUE(book.decide(ConversationId::direct("user1"), Standing::kBlocked, 6).ok());
  EXPECT_TRUE(book.decide(kBob, Standing::kAccepted, 7).ok());
  book.restore(many(0, StandingBook::kMaxBlocked, 5), {});
  EXPECT_EQ(book.decide(kBob, Standing::kBlocked, 6).code(), Code::kTooLarge);
  EXPECT_TRUE(book.decide(ConversationId::direct("user1"), Standing::kAccepted, 6).ok());
}

TEST(StandingBook, GroupsHaveABoundOfTheirOwnAndBlocksGoFirst) {
  StandingBook book = listed();
  std::vector<store::StandingRow> rows;
  for (size_t i = 0; i < StandingBook::kMaxGroups; ++i) {
    Bytes id = Bytes(30, 'g');
    id += {static_cast<char>(i >> 8), static_cast<char>(i)};
    rows.push_back({ConversationId::group(id), 1, 5, true});
  }
  book.restore(rows, book.strangers_row());
  EXPECT_EQ(book.decide(kGroup, Standing::kAccepted, 6).code(), Code::kTooLarge);
  EXPECT_TRUE(book.decide(kBob, Standing::kAccepted, 6).ok());
  EXPECT_TRUE(book.decide(kCarol, Standing::kBlocked, 6).ok());
  EXPECT_THAT(book.unsent(2), ElementsAre(Pair(kCarol, Standing::kBlocked), Pair(kBob, Standing::kAccepted)));
}

TEST(StandingBook, WhoMayHaveUsedACardStaysAcceptedAndOtherDifferencesAreSent) {
  StandingBook book = listed();
  ASSERT_TRUE(book.decide(kCarol, Standing::kBlocked, 5).ok());
  book.stored(book.unsent(9), Strangers::kUndecided);
  book.begin_session();
  EXPECT_FALSE(book.compare({Strangers::kAsk, {{kBob, Standing::kAccepted}}}, true, true));
  EXPECT_THAT(book.unsent(9), ElementsAre(Pair(kCarol, Standing::kBlocked)));
}

// Another device has no room in the vault for all people of before.
TEST(StandingBook, PeopleWhoAreMissingInAFullVaultStayAccepted) {
  StandingBook one = listed(), fresh = listed();
  e2e::VaultContent full = vault_of(one);
  while (!may_be_cut(full)) full.add_groups()->set_state(Bytes(8'000, 's'));
  full.set_lists_contacts(1);
  (void)fresh.merge(full);
  EXPECT_FALSE(fresh.compare({Strangers::kAsk, {{kBob, Standing::kAccepted}}}, true));
  EXPECT_FALSE(fresh.has_unsent());
}

// The server was told nothing while the account took messages of everybody.
TEST(StandingBook, WithAPolicyTheServerHearsOfEverybodyOfBefore) {
  StandingBook book;
  book.restore(many(3, 0, 0), {.server = static_cast<int>(Strangers::kTake)});
  EXPECT_FALSE(book.has_unsent());
  book.decide_strangers(Strangers::kAsk, 5);
  EXPECT_EQ(book.unsent(9).size(), 3u);
  StandingBook again = on_disk(book);
  EXPECT_EQ(again.unsent(9).size(), 3u) << "killed before PutContacts";
}

// The list began with a block, and the server still takes messages of everybody.
TEST(StandingBook, WithAPolicyAfterABlockTheServerHearsOfEverybodyToo) {
  StandingBook book;
  book.restore(many(3, 0, 0), {.server = static_cast<int>(Strangers::kTake)});
  ASSERT_TRUE(book.decide(kBob, Standing::kBlocked, 5).ok());
  book.stored(book.unsent(9), Strangers::kUndecided);
  book.decide_strangers(Strangers::kRefuse, 6);
  EXPECT_EQ(book.unsent(9).size(), 3u);
  book.stored(book.unsent(9), Strangers::kRefuse);
  book.decide_strangers(Strangers::kAsk, 7);
  EXPECT_THAT(book.unsent(9), IsEmpty()) << "the server has them since the first policy";
}

TEST(StandingBook, PeopleWhoseKeysWereKnownBeforeDoNotFillTheBook) {
  StandingBook book;
  book.restore(many(StandingBook::kMaxAccepted, 0, 0), {});
  EXPECT_TRUE(book.decide(kBob, Standing::kAccepted, 6).ok());
  EXPECT_TRUE(book.decide(kCarol, Standing::kBlocked, 6).ok());
}

TEST(StandingBook, TheDecisionsOfTheOnlyCopyAreTakenAndNotTakenBack) {
  StandingBook book = listed();
  ASSERT_TRUE(book.decide(kBob, Standing::kAccepted, 5).ok());
  book.stored(book.unsent(9), Strangers::kUndecided);
  StandingBook::ServerCopy copy{Strangers::kAsk, {{kBob, Standing::kAccepted}, {kCarol, Standing::kBlocked}}, true};
  copy.contacts[kGroup] = Standing::kAccepted;
  EXPECT_FALSE(book.compare(copy, true));
  EXPECT_TRUE(book.blocked("carol"));
  EXPECT_EQ(book.of(kGroup), Standing::kAccepted);
  EXPECT_FALSE(book.has_unsent());
  // Another device knows the decision with its time.
  StandingBook other = listed();
  ASSERT_TRUE(other.decide(kCarol, Standing::kAccepted, 7).ok());
  book.merge(vault_of(other));
  EXPECT_TRUE(accepts(book, "carol"));
}

}  // namespace
}  // namespace fastchat::client
