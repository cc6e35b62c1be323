// A device's groups and its steps for them: the states that it fetches, the epochs that it follows to, the keys that it
// asks for and when, and the effect of a change. The server is a list of states.
#include "client/groups/group_follower.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/groups/group_plan.h"
#include "tests/e2e/people.h"

namespace fastchat::client {
namespace {

using namespace e2e;
using namespace tests;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The chain of one group as the server has it, and the keys of its epochs.
struct Chain {
  explicit Chain(std::vector<GroupMember> members, const std::string& name = "team") {
    states.push_back(create_group(alice(), name, std::move(members), key(1).public_key()).value());
  }
  static const KeyPair& key(uint64_t epoch) { return test_key(4 + epoch % 6); }
  GroupState& change(const std::function<void(GroupChange&)>& edit, const Identity& by = alice()) {
    GroupChange c = change_of(states.back());
    edit(c);
    states.push_back(change_group(by, states.back(), c, key(states.back().epoch + 1).public_key()).value());
    return states.back();
  }
  GroupFollower::Fetched from(uint64_t epoch, const Identity& reader) const {
    GroupFollower::Fetched out;
    out.epoch = states.back().epoch;
    out.admin = states.back().admin_user();
    out.member = states.back().lists(reader.user(), reader.fpr());
    for (const GroupState& s : states) {
      if (s.epoch >= epoch) out.states.push_back(s.encoded);
    }
    return out;
  }
  const Bytes& id() const { return states.front().group_id; }
  std::vector<GroupState> states;
};

GroupMember member(const Identity& who) {
  return {who.user(), who.fpr()};
}

struct Device {
  explicit Device(Identity identity)
      : me(std::move(identity)),
        follower(GroupBook(me.user(), me.fpr(), [](const Bytes&, uint64_t) { return std::nullopt; })) {
    for (const Identity& other : {alice(), bob(), carol()}) pins.pin(other.peer());
  }
  void note(const Chain& chain, uint64_t epoch) {
    const GroupState& s = chain.states[epoch - 1];
    follower.add_key_share({make_group_key(s, Chain::key(epoch)), "alice", alice().fpr()});
  }
  // Fetches the due states once; returns the epochs that the device followed to.
  std::vector<uint64_t> fetch(const Chain& chain) {
    auto due = follower.next_fetch(now);
    if (!due) return {};
    EXPECT_EQ(due->id, chain.id());
    last = follower.fetched(now, due->id, chain.from(due->from_epoch, me), pins, me);
    std::vector<uint64_t> out;
    for (const GroupState& s : last.states) out.push_back(s.epoch);
    for (const auto& found : follower.take_keys(chain.id(), pins, me)) keys.push_back(found.epoch);
    return out;
  }
  // Starts a live session that has joined at the chain's first epoch.
  void join(const Chain& chain) {
    follower.attached();
    note(chain, 1);
    fetch(chain);
  }
  void live() {
    follower.listed({});
    follower.drained(wall);
  }
  uint64_t epoch(const Chain& chain) const {
    const GroupState* s = book.current(chain.id());
    return s == nullptr ? 0 : s->epoch;
  }

  Identity me;
  MapPins pins;
  GroupFollower follower;
  GroupBook& book = follower.book();
  GroupFollower::Progress last;
  std::vector<uint64_t> keys;
  int64_t now = 1'000'000, wall = 1'800'000'000'000;
};

TEST(GroupBook, JoinsWhenAKeyAndTheStateItNamesAreThere) {
  const Chain chain({member(bob())});
  Device d(bob());
  d.follower.attached();
  EXPECT_FALSE(d.follower.next_fetch(d.now));
  d.note(chain, 1);
  EXPECT_THAT(d.fetch(chain), ElementsAre(1));
  EXPECT_THAT(d.keys, ElementsAre(1));
  const GroupInfo info = *d.book.info(chain.id());
  EXPECT_EQ(info.name, "team");
  EXPECT_EQ(info.admin, "alice");
  EXPECT_THAT(info.members, ElementsAre("alice", "bob"));
  EXPECT_TRUE(info.member);
  EXPECT_TRUE(info.readable);
  EXPECT_FALSE(info.admin_is_me);
  EXPECT_EQ(d.book.find_name("team"), chain.id());
}

TEST(GroupBook, DoesNotJoinOnTheServersWord) {
  const Chain chain({member(bob())});
  Device d(bob());
  d.follower.attached();
  d.follower.listed({{chain.id(), 1}});
  d.follower.drained(d.wall);
  d.now += GroupFollower::kAskAfterMs;
  EXPECT_THAT(d.fetch(chain), IsEmpty());
  EXPECT_FALSE(d.book.info(chain.id()));
}

TEST(GroupBook, AsksTheAdminForAKeyThatDoesNotCome) {
  const Chain chain({member(bob())});
  Device d(bob());
  d.follower.attached();
  d.follower.listed({{chain.id(), 1}});
  d.follower.drained(d.wall);
  d.fetch(chain);
  EXPECT_FALSE(d.follower.next_ask(d.now)) << "its key is most likely on its way";
  d.now += GroupFollower::kAskAfterMs;
  auto ask = d.follower.next_ask(d.now);
  ASSERT_TRUE(ask);
  EXPECT_EQ(ask->user, "alice");
  EXPECT_EQ(ask->epoch, 1u);
}

TEST(GroupBook, FollowsWhileDrainingOnlyAsFarAsWhatHasArrivedAsks) {
  Chain chain({member(bob()), member(carol())});
  Device d(bob());
  d.join(chain);
  chain.change([](GroupChange& c) { std::erase(c.members, member(carol())); });
  chain.change([](GroupChange& c) { c.name = "crew"; });
  d.follower.changed(chain.id(), 3);
  EXPECT_FALSE(d.follower.next_fetch(d.now)) << "the queue may hold what carol wrote before she was removed";
  EXPECT_EQ(d.epoch(chain), 1u);
  d.follower.waits(chain.id(), 2);
  EXPECT_THAT(d.fetch(chain), ElementsAre(2));
  EXPECT_FALSE(d.follower.next_fetch(d.now));
  d.live();
  EXPECT_THAT(d.fetch(chain), ElementsAre(3));
  EXPECT_EQ(d.book.name_of(chain.id()), "crew");
}

TEST(GroupBook, AKeyOutOfTheVaultDoesNotLeadAheadOfTheQueue) {
  Chain chain({member(bob()), member(carol())});
  Device d(bob());
  d.join(chain);
  const GroupState& two = chain.change([](GroupChange& c) { std::erase(c.members, member(carol())); });
  d.follower.add_key_share_of_vault({make_group_key(two, Chain::key(2)), "alice", alice().fpr()});
  d.follower.changed(chain.id(), 2);
  EXPECT_FALSE(d.follower.next_fetch(d.now)) << "the queue may hold what carol wrote before she was removed";
  d.live();
  EXPECT_THAT(d.fetch(chain), ElementsAre(2));
  EXPECT_THAT(d.keys, ElementsAre(1, 2));
}

TEST(GroupBook, ARemovalCountsAMinuteAfterItIsKnownOnceTheQueueIsEmpty) {
  Chain chain({member(bob()), member(carol())});
  Device d(bob());
  d.join(chain);
  d.live();
  d.wall += Settling::kSettleMs;
  d.live();
  ASSERT_EQ(d.book.settled(chain.id()), 1u);
  chain.change([](GroupChange& c) { std::erase(c.members, member(carol())); });
  d.follower.changed(chain.id(), 2);
  d.fetch(chain);
  d.live();
  EXPECT_EQ(d.book.settled(chain.id()), 1u);
  d.wall += Settling::kSettleMs - 1;
  d.live();
  EXPECT_EQ(d.book.settled(chain.id()), 1u);
  // Time passes while this device is off. The device then has a queue to read first.
  d.follower.detached();
  d.wall += Settling::kSettleMs;
  Device again(bob());
  for (const GroupState& s : chain.states) again.book.restore_epoch(s, true);
  again.book.restore(chain.id(), "team", Membership::kMember, d.book.find(chain.id())->settling);
  again.follower.attached();
  EXPECT_EQ(again.book.settled(chain.id()), 1u);
  EXPECT_THAT(again.book.take_touched(), IsEmpty());
  again.follower.drained(d.wall);
  EXPECT_EQ(again.book.settled(chain.id()), 2u);
  EXPECT_THAT(again.book.take_touched(), ElementsAre(chain.id()));
}

TEST(Settling, ManyChangesSettleOneAfterTheOther) {
  constexpr int64_t kMs = Settling::kSettleMs;
  Settling s;
  EXPECT_FALSE(s.drained(0, 0));
  for (uint64_t epoch = 1; epoch <= 100; ++epoch) s.drained(epoch, static_cast<int64_t>(epoch) * (kMs / 10));
  EXPECT_GE(s.settled, 80u);
  EXPECT_LE(s.settled, 90u) << "no epoch settles before its minute is over";
  EXPECT_TRUE(s.drained(100, 20 * kMs));
  EXPECT_TRUE(s.drained(100, 21 * kMs));
  EXPECT_EQ(s, (Settling{100, 0, s.since_ms}));
  EXPECT_FALSE(s.drained(100, 22 * kMs)) << "nothing is written while nothing changes";
}

TEST(Settling, AClockThatIsSetBackBeginsTheMinuteAnew) {
  constexpr int64_t kMs = Settling::kSettleMs;
  Settling s;
  s.drained(1, 100 * kMs);
  EXPECT_TRUE(s.drained(1, 5 * kMs));
  EXPECT_EQ(s, (Settling{0, 1, 5 * kMs}));
  s.drained(1, 6 * kMs);
  EXPECT_EQ(s.settled, 1u);
}

TEST(GroupBook, TwoQuickChangesAreFollowedTogetherAndTheirKeysFound) {
  Chain chain({member(bob())});
  Device d(bob());
  d.join(chain);
  d.live();
  chain.change([](GroupChange& c) { c.members.push_back(member(carol())); });
  chain.change([](GroupChange& c) { c.name = "crew"; });
  d.note(chain, 3);
  d.note(chain, 2);
  EXPECT_THAT(d.fetch(chain), ElementsAre(2, 3));
  EXPECT_THAT(d.keys, ElementsAre(1, 3, 2));
  EXPECT_TRUE(d.follower.up_to_date(chain.id()));
}

TEST(GroupBook, KeepsSixteenEpochs) {
  Chain chain({member(bob())});
  Device d(bob());
  d.join(chain);
  d.live();
  for (int i = 0; i < 20; ++i) chain.change([](GroupChange&) {});
  d.follower.changed(chain.id(), 21);
  d.fetch(chain);
  EXPECT_EQ(d.epoch(chain), 21u);
  EXPECT_NE(d.book.state(chain.id(), 5), nullptr);
  EXPECT_EQ(d.book.state(chain.id(), 4), nullptr);
}

TEST(GroupBook, FindsItselfRemovedWhenItsQueueIsEmpty) {
  Chain chain({member(bob())});
  Device d(bob());
  d.join(chain);
  chain.change([](GroupChange& c) { std::erase(c.members, member(bob())); });
  d.follower.detached();
  d.follower.attached();
  d.follower.listed({});
  EXPECT_FALSE(d.follower.next_fetch(d.now));
  d.follower.drained(d.wall);
  EXPECT_THAT(d.fetch(chain), ElementsAre(2));
  EXPECT_EQ(d.book.membership(chain.id()), Membership::kRemoved);
  EXPECT_FALSE(d.follower.next_fetch(d.now)) << "there is nothing more to follow";
}

TEST(GroupBook, TakesItAsTheServersWordThatItIsOutAndThatAGroupWasDeleted) {
  for (const bool deleted : {false, true}) {
    const Chain chain({member(bob())});
    Device d(bob());
    d.join(chain);
    d.follower.detached();
    d.follower.attached();
    d.live();
    auto due = d.follower.next_fetch(d.now);
    ASSERT_TRUE(due);
    GroupFollower::Fetched answer = chain.from(due->from_epoch, d.me);
    answer.member = false;
    answer.deleted = deleted;
    const auto progress = d.follower.fetched(d.now, chain.id(), answer, d.pins, d.me);
    EXPECT_EQ(progress.membership, deleted ? Membership::kDeleted : Membership::kUnlisted);
    EXPECT_FALSE(d.follower.next_fetch(d.now + 1'000'000));
  }
}

TEST(GroupBook, AServerThatListsAMemberAgainIsBelievedAgain) {
  const Chain chain({member(bob())});
  Device d(bob());
  d.join(chain);
  d.live();
  auto due = d.follower.next_fetch(d.now);
  ASSERT_TRUE(due);
  GroupFollower::Fetched out = chain.from(due->from_epoch, d.me);
  out.member = false;
  ASSERT_EQ(d.follower.fetched(d.now, chain.id(), out, d.pins, d.me).membership, Membership::kUnlisted);
  d.now += GroupFollower::kRetryMaxMs;
  d.follower.listed({{chain.id(), 1}});
  due = d.follower.next_fetch(d.now);
  ASSERT_TRUE(due);
  out.member = true;
  EXPECT_EQ(d.follower.fetched(d.now, chain.id(), out, d.pins, d.me).membership, Membership::kMember);
}

TEST(GroupBook, NoticesThatTheServerLostEpochs) {
  Chain chain({member(bob())});
  const Chain old = chain;
  chain.change([](GroupChange& c) { c.members.push_back(member(carol())); });
  Device d(bob());
  d.join(chain);
  d.live();
  d.follower.changed(chain.id(), 2);
  d.fetch(chain);
  ASSERT_EQ(d.epoch(chain), 2u);
  // The next session: the database was restored.
  d.follower.detached();
  d.follower.attached();
  d.follower.listed({{chain.id(), 1}});
  d.follower.drained(d.wall);
  auto due = d.follower.next_fetch(d.now);
  ASSERT_TRUE(due);
  GroupFollower::Fetched answer = old.from(due->from_epoch, d.me);
  answer.member = false;
  auto p = d.follower.fetched(d.now, chain.id(), answer, d.pins, d.me);
  EXPECT_EQ(p.behind, 1u);
  EXPECT_FALSE(p.membership) << "what it says of members is as old";
  EXPECT_FALSE(d.follower.up_to_date(chain.id())) << "no change is made on top of what the server does not have";
  d.follower.changed(chain.id(), 2);
  due = d.follower.next_fetch(d.now);
  ASSERT_TRUE(due);
  EXPECT_FALSE(d.follower.fetched(d.now, chain.id(), chain.from(due->from_epoch, d.me), d.pins, d.me).behind);
  EXPECT_TRUE(d.follower.up_to_date(chain.id()));
}

TEST(GroupBook, AnEpochThatTheServerNamedAndLostIsNotWaitedFor) {
  const Chain chain({member(bob())});
  Device d(bob());
  d.join(chain);
  d.live();
  d.follower.changed(chain.id(), 5);
  d.fetch(chain);
  EXPECT_TRUE(d.follower.up_to_date(chain.id()));
}

TEST(GroupBook, KeysOfGroupsThatAreNoneAreAskedAboutSlowlyAndForgotten) {
  Device d(bob());
  d.follower.attached();
  for (int i = 0; i < 3'000; ++i) {
    Bytes id = std::to_string(i);
    id.resize(32, '.');
    d.follower.add_key_share({{id, 1, Bytes(32, 'h'), Chain::key(1).pkcs8()}, "mallory", mallory().fpr()});
  }
  d.live();
  const auto ask_all = [&] {
    int asked = 0;
    while (auto due = d.follower.next_fetch(d.now)) {
      ++asked;
      const Bytes id = due->id;
      const auto p = d.follower.fetched(d.now, id, err(Code::kUnknownGroup, "none"), d.pins, d.me);
      EXPECT_TRUE(p.forget);
      EXPECT_FALSE(d.follower.expects(id));
    }
    return asked;
  };
  EXPECT_EQ(ask_all(), GroupFollower::kGuesses);
  EXPECT_EQ(d.follower.next_wake(d.now), d.now + GroupFollower::kGuessMs) << "an idle client sleeps in between";
  int asked = 0;
  for (int second = 0; second < 20; ++second) {
    d.now += 1'000;
    asked += ask_all();
  }
  EXPECT_EQ(asked, 10);
  // A group that the server lists does not wait for those that the server does not know.
  const Chain chain({member(bob())});
  d.follower.listed({{chain.id(), 1}});
  d.note(chain, 1);
  EXPECT_THAT(d.fetch(chain), ElementsAre(1));
}

TEST(GroupBook, AStateThatTheAdminDidNotSignIsRefusedAndSaidOnce) {
  Chain chain({member(bob()), member(carol())});
  Device d(bob());
  d.join(chain);
  d.live();
  // Carol signs as if she were the admin.
  Chain forged = chain;
  forged.states.back().admin_fpr = carol().fpr();
  forged.states.push_back(
      change_group(carol(), forged.states.back(), change_of(forged.states.back()), test_key(3).public_key()).value());
  d.follower.changed(chain.id(), 2);
  EXPECT_THAT(d.fetch(forged), IsEmpty());
  EXPECT_THAT(d.last.fault, HasSubstr("cannot be trusted"));
  d.now += GroupFollower::kRetryMaxMs;
  d.fetch(forged);
  EXPECT_EQ(d.last.fault, "");
  EXPECT_EQ(d.epoch(chain), 1u);
}

TEST(GroupBook, AnotherStateOfAnEpochThatIsHeldIsFoundOut) {
  Chain chain({member(bob())}), other({member(bob())});
  Device d(bob());
  d.join(chain);
  chain.change([](GroupChange&) {});
  d.live();
  d.follower.changed(chain.id(), 2);
  d.fetch(chain);
  other = chain;
  other.states.pop_back();
  other.change([](GroupChange& c) { c.name = "another"; });
  d.follower.changed(chain.id(), 2);
  d.fetch(other);
  EXPECT_THAT(d.last.fault, HasSubstr("another epoch 2"));
}

TEST(GroupBook, WaitsForTheAdminsKeyBeforeItFollows) {
  Chain chain({member(bob()), member(mallory())});
  chain.change([](GroupChange& c) { c.admin_fpr = mallory().fpr(); });
  Device d(bob());
  d.join(chain);
  d.live();
  d.follower.changed(chain.id(), 2);
  d.fetch(chain);
  chain.change([](GroupChange& c) { c.name = "mine"; }, mallory());
  d.follower.changed(chain.id(), 3);
  EXPECT_THAT(d.fetch(chain), IsEmpty());
  EXPECT_EQ(d.last.needs_key_of, "mallory");
  d.pins.pin(mallory().peer());
  d.follower.changed(chain.id(), 0);
  EXPECT_THAT(d.fetch(chain), ElementsAre(3));
}

TEST(GroupBook, AsksForTheKeyOfTheNewestEpochAndOfWhatWaitsWithBackoff) {
  Chain chain({member(bob())});
  Device d(bob());
  d.join(chain);
  chain.change([](GroupChange&) {});
  chain.change([](GroupChange&) {});
  d.live();
  d.follower.waits(chain.id(), 2);
  d.fetch(chain);
  EXPECT_FALSE(d.follower.next_ask(d.now)) << "keys come by themselves";
  d.now = d.follower.next_wake(d.now);
  std::set<uint64_t> asked;
  while (auto ask = d.follower.next_ask(d.now)) asked.insert(ask->epoch);
  EXPECT_THAT(asked, ElementsAre(2, 3));
  const int64_t first = d.follower.next_wake(d.now) - d.now;
  d.now += first;
  while (d.follower.next_ask(d.now)) continue;
  EXPECT_GT(d.follower.next_wake(d.now) - d.now, first);
  d.note(chain, 2);
  d.note(chain, 3);
  EXPECT_EQ(d.follower.take_keys(chain.id(), d.pins, d.me).size(), 2u);
  EXPECT_EQ(d.follower.next_wake(d.now), GroupFollower::kNever);
}

TEST(GroupBook, AKeyThatDoesNotFitItsStateIsNotTaken) {
  Chain chain({member(bob())});
  Device d(bob());
  d.join(chain);
  chain.change([](GroupChange&) {});
  d.live();
  d.follower.changed(chain.id(), 2);
  d.follower.add_key_share({{chain.id(), 2, chain.states[1].hash, Chain::key(1).pkcs8()}, "alice", alice().fpr()});
  d.fetch(chain);
  EXPECT_FALSE(d.book.has_key(chain.id(), 2));
  d.follower.add_key_share({make_group_key(chain.states[1], Chain::key(2)), "carol", carol().fpr()});
  EXPECT_THAT(d.follower.take_keys(chain.id(), d.pins, d.me), IsEmpty()) << "carol is not the admin";
}

TEST(GroupBook, GivesKeysToWhoIsListedThenAndNow) {
  Chain chain({member(bob()), member(carol())});
  Device d(alice());
  d.book.adopt(chain.states[0], Chain::key(1));
  EXPECT_TRUE(may_give_key(d.book, chain.id(), 1, "bob", bob().fpr()));
  EXPECT_TRUE(may_give_key(d.book, chain.id(), 1, "alice", alice().fpr()));
  EXPECT_FALSE(may_give_key(d.book, chain.id(), 1, "mallory", mallory().fpr()));
  EXPECT_FALSE(may_give_key(d.book, chain.id(), 1, "bob", mallory().fpr()));
  chain.change([](GroupChange& c) { std::erase(c.members, member(bob())); });
  d.book.adopt(chain.states[1], Chain::key(2));
  EXPECT_FALSE(may_give_key(d.book, chain.id(), 1, "bob", bob().fpr()));
  EXPECT_FALSE(may_give_key(d.book, chain.id(), 2, "bob", bob().fpr()));
  Device other(carol());
  other.book.adopt(chain.states[1], Chain::key(2));
  EXPECT_FALSE(may_give_key(other.book, chain.id(), 2, "alice", alice().fpr())) << "only admins are asked";
}

TEST(GroupBook, NamesStayUniqueOnTheDevice) {
  const Chain one({member(bob())}), two({member(bob())});
  Device d(bob());
  d.book.adopt(one.states[0], std::nullopt);
  d.book.adopt(two.states[0], std::nullopt);
  EXPECT_EQ(d.book.name_of(one.id()), "team");
  EXPECT_EQ(d.book.name_of(two.id()), "team-2");
  Device later(bob());
  later.book.adopt(one.states[0], std::nullopt);
  later.book.set_membership(one.id(), Membership::kDeleted);
  later.book.adopt(two.states[0], std::nullopt);
  EXPECT_EQ(later.book.name_of(two.id()), "team") << "a group that is over gives its name up";
  EXPECT_EQ(later.book.name_of(one.id()), "team-2");
  const Chain odd({member(bob())}, "Caf\xC3\xA9 Team");
  d.book.adopt(odd.states[0], std::nullopt);
  EXPECT_EQ(d.book.name_of(odd.id()), "af----eam");
}

TEST(GroupPlan, AddsRemovesRenamesAndHandsOver) {
  const Chain chain({member(bob())});
  Device d(alice());
  d.book.adopt(chain.states[0], Chain::key(1));
  auto plan = plan_change(d.book, chain.id(), {.add = {"carol"}, .remove = {"bob"}, .rename = "crew"}, false);
  ASSERT_TRUE(plan.ok() && plan->has_value());
  EXPECT_THAT((*plan)->members, ElementsAre("alice", "carol"));
  EXPECT_EQ((*plan)->name, "crew");
  plan = plan_change(d.book, chain.id(), {.hand_over_to = "bob"}, false);
  EXPECT_EQ((*plan)->admin, "bob");
}

TEST(GroupPlan, RefusesWhatMakesNoSense) {
  const Chain chain({member(bob())});
  Device d(alice()), b(bob());
  d.book.adopt(chain.states[0], Chain::key(1));
  b.book.adopt(chain.states[0], Chain::key(1));
  const auto code = [&](const GroupEdit& edit) { return plan_change(d.book, chain.id(), edit, false).code(); };
  EXPECT_EQ(code({.add = {"bob"}}), Code::kLocalUsage);
  EXPECT_EQ(code({.remove = {"carol"}}), Code::kLocalUsage);
  EXPECT_EQ(code({.remove = {"alice"}}), Code::kLocalUsage);
  EXPECT_EQ(code({.add = {"carol"}, .hand_over_to = "bob"}), Code::kLocalUsage);
  EXPECT_EQ(code({.hand_over_to = "carol"}), Code::kLocalUsage);
  EXPECT_EQ(code({.rename = "No Name"}), Code::kNameNotAllowed);
  EXPECT_EQ(code({.rename = "team"}), Code::kLocalUsage);
  EXPECT_EQ(plan_change(b.book, chain.id(), {.add = {"carol"}}, false).code(), Code::kNotAllowed);
}

TEST(GroupPlan, WhatAnotherDeviceDidFirstIsLeftOut) {
  const Chain chain({member(bob())});
  Device d(alice());
  d.book.adopt(chain.states[0], Chain::key(1));
  EXPECT_FALSE(plan_change(d.book, chain.id(), {.remove = {"carol"}}, true)->has_value());
  EXPECT_THAT((*plan_change(d.book, chain.id(), {.add = {"bob", "carol"}}, true))->members,
              ElementsAre("alice", "bob", "carol"));
}

TEST(GroupPlan, EditsComeBackFromDiskAsTheyWere) {
  const GroupEdit edit{{"bob", "carol"}, {"dave"}, "crew", "erin"};
  const GroupEdit back = decode_edit(encode_edit(edit));
  EXPECT_EQ(back.add, edit.add);
  EXPECT_EQ(back.remove, edit.remove);
  EXPECT_EQ(back.rename, edit.rename);
  EXPECT_EQ(back.hand_over_to, edit.hand_over_to);
}

TEST(GroupWords, SayWhoDidWhat) {
  Chain chain({member(bob())});
  const GroupState one = chain.states[0];
  EXPECT_THAT(describe_step(nullptr, one, "alice"), ElementsAre("you created the group"));
  EXPECT_THAT(describe_step(nullptr, one, "bob"), ElementsAre("alice created the group and added you"));
  const GroupState two = chain.change([](GroupChange& c) {
    c.members.push_back(member(carol()));
    c.name = "crew";
  });
  EXPECT_THAT(describe_step(&one, two, "bob"), ElementsAre("alice added carol", "alice renamed the group to crew"));
  EXPECT_THAT(describe_step(nullptr, two, "carol"), ElementsAre("alice added you"));
  const GroupState three = chain.change([](GroupChange& c) { std::erase(c.members, member(bob())); });
  EXPECT_THAT(describe_step(&two, three, "bob"), ElementsAre("you were removed"));
  EXPECT_THAT(describe_step(&two, three, "alice"), ElementsAre("you removed bob"));
  const GroupState four = chain.change([](GroupChange& c) { c.admin_fpr = carol().fpr(); });
  EXPECT_THAT(describe_step(&three, four, "carol"), ElementsAre("alice handed the group over to you"));
}

}  // namespace
}  // namespace fastchat::client
