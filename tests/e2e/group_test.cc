#include "client/e2e/group.h"

#include <gtest/gtest.h>

#include "client/e2e/hash.h"
#include "client/e2e/strict.h"
#include "proto/content.pb.h"
#include "tests/e2e/people.h"

namespace fastchat::tests {
namespace {

using namespace e2e;

const KeyPair& epoch_key(size_t n) {
  return test_key(5 + n);
}

GroupMember member(const Client& c) {
  return {c.me.user(), c.me.fpr()};
}

// Alice's group with Bob; everybody joined it.
struct Club : Trio {
  Club() : one(create_group(a.me, "club", {member(b)}, epoch_key(1).public_key()).value()) {
    for (Client* x : {&a, &b}) x->groups.enter(one, &epoch_key(1));
  }
  GroupState next(GroupChange change, const Identity& by, const GroupState& from, size_t key) {
    return change_group(by, from, std::move(change), epoch_key(key).public_key()).value();
  }
  GroupState add_carol() {
    GroupChange change = change_of(one);
    change.members.push_back(member(c));
    return next(std::move(change), a.me, one, 2);
  }
  GroupState one;
};

TEST(Group, FirstStateListsItsAdminSortedAndNamesItsId) {
  const Club club;
  EXPECT_EQ(club.one.epoch, 1u);
  EXPECT_EQ(club.one.admin_user(), "alice");
  ASSERT_EQ(club.one.members.size(), 2u);
  EXPECT_EQ(club.one.members[0].user, "alice");
  EXPECT_EQ(club.one.group_id, make_group_id(club.a.me.fpr(), club.one.nonce));
  EXPECT_TRUE(club.one.lists("bob", club.b.me.fpr()));
  EXPECT_FALSE(club.one.lists("bob", club.a.me.fpr()));
  EXPECT_FALSE(club.one.lists("carol", club.c.me.fpr()));
}

TEST(Group, NamesAreOneCleanLine) {
  EXPECT_TRUE(valid_group_name("club 7"));
  EXPECT_FALSE(valid_group_name(""));
  EXPECT_FALSE(valid_group_name("a\nb"));
  EXPECT_FALSE(valid_group_name("a\x1b[1m"));
  EXPECT_FALSE(valid_group_name(std::string(65, 'a')));
}

TEST(Group, MessageOpensForMembersAndForTheSendersOtherDevice) {
  Club club;
  const SealedMessage m = club.a.say_group(club.one, "all");
  const Received r = club.b.receive(m.envelope);
  EXPECT_EQ(text_of(r), "all") << r.why;
  EXPECT_EQ(r.header.group_id, club.one.group_id);
  EXPECT_FALSE(r.own_copy);
  Client tablet(alice());
  tablet.groups.enter(club.one, &epoch_key(1));
  EXPECT_TRUE(tablet.receive(m.envelope).own_copy);
}

TEST(Group, NewcomerJoinsByTheKeyNoteOfTheAdmin) {
  Club club;
  const GroupState two = club.add_carol();
  const KeyShare note = make_group_key(two, epoch_key(2));
  const GroupState joined = join_group(two.encoded, note, club.a.me.peer(), club.c.me).value();
  EXPECT_EQ(joined.hash, two.hash);
  const KeyPair key = accept_group_key(joined, note, club.a.me.fpr(), club.c.me).value();
  EXPECT_EQ(key.public_key().spki(), epoch_key(2).public_key().spki());
}

TEST(Group, KeyNoteTravelsAsAnOrdinaryMessage) {
  Club club;
  const GroupState two = club.add_carol();
  const Received r = club.c.receive(club.a.say(club.c.me.peer(), make_group_key(two, epoch_key(2))).envelope);
  ASSERT_EQ(r.outcome, Outcome::kOpened) << r.why;
  EXPECT_TRUE(accept_group_key(two, std::get<KeyShare>(r.content), r.header.id.from_fpr, club.c.me).ok());
}

TEST(Group, MemberFollowsTheChain) {
  Club club;
  const GroupState two = club.add_carol();
  const GroupState followed = follow_group(club.one, two.encoded, club.a.me.peer()).value();
  EXPECT_EQ(followed.hash, two.hash);
  EXPECT_EQ(followed.prev_hash, club.one.hash);
  EXPECT_EQ(restore_group(two.encoded, club.a.me.fpr())->hash, two.hash);
}

TEST(Group, OnlyTheAdminChangesIt) {
  Club club;
  EXPECT_EQ(change_group(club.b.me, club.one, change_of(club.one), epoch_key(2).public_key()).code(),
            Code::kNotAllowed);
}

TEST(Group, HandingOverIsSignedByTheOldAdminAndTheNewOneGoesOn) {
  Club club;
  GroupChange change = change_of(club.one);
  change.admin_fpr = club.b.me.fpr();
  const GroupState two = club.next(change, club.a.me, club.one, 2);
  const GroupState followed = follow_group(club.one, two.encoded, club.a.me.peer()).value();
  EXPECT_EQ(followed.admin_user(), "bob");
  EXPECT_TRUE(accept_group_key(followed, make_group_key(two, epoch_key(2)), club.a.me.fpr(), club.b.me).ok());
  const GroupState three = club.next(change_of(two), club.b.me, two, 3);
  EXPECT_TRUE(follow_group(followed, three.encoded, club.b.me.peer()).ok());
  EXPECT_FALSE(follow_group(followed, three.encoded, club.a.me.peer()).ok());
}

TEST(Group, NobodyIsAddedWhileItIsHandedOver) {
  Club club;
  GroupChange change = change_of(club.one);
  change.admin_fpr = club.b.me.fpr();
  change.members.push_back(member(club.c));
  EXPECT_FALSE(change_group(club.a.me, club.one, change, epoch_key(2).public_key()).ok());
}

TEST(Group, EveryEpochHasANewKey) {
  Club club;
  EXPECT_FALSE(change_group(club.a.me, club.one, change_of(club.one), epoch_key(1).public_key()).ok());
}

TEST(Group, TheAdminAndEveryUserIsListedOnce) {
  Club club;
  GroupChange twice = change_of(club.one);
  twice.members.push_back({"bob", club.c.me.fpr()});
  EXPECT_FALSE(change_group(club.a.me, club.one, twice, epoch_key(2).public_key()).ok());
  GroupChange shared = change_of(club.one);
  shared.members.push_back({"carol", club.b.me.fpr()});
  EXPECT_FALSE(change_group(club.a.me, club.one, shared, epoch_key(2).public_key()).ok());
  GroupChange headless = change_of(club.one);
  std::erase(headless.members, member(club.a));
  EXPECT_FALSE(change_group(club.a.me, club.one, headless, epoch_key(2).public_key()).ok());
}

TEST(Group, StateNeitherSkipsNorRepeatsAnEpoch) {
  Club club;
  const GroupState two = club.add_carol();
  const GroupState three = club.next(change_of(two), club.a.me, two, 3);
  EXPECT_FALSE(follow_group(club.one, three.encoded, club.a.me.peer()).ok());
  EXPECT_FALSE(follow_group(two, two.encoded, club.a.me.peer()).ok());
  EXPECT_FALSE(follow_group(three, two.encoded, club.a.me.peer()).ok());
}

TEST(Group, StateThatFollowsAnotherBranchIsRefused) {
  Club club;
  GroupChange renamed = change_of(club.one);
  renamed.name = "branch";
  const GroupState ours = club.next(change_of(club.one), club.a.me, club.one, 2);
  const GroupState branch = club.next(renamed, club.a.me, club.one, 3);
  const GroupState three = club.next(change_of(branch), club.a.me, branch, 4);
  EXPECT_TRUE(follow_group(branch, three.encoded, club.a.me.peer()).ok());
  EXPECT_FALSE(follow_group(ours, three.encoded, club.a.me.peer()).ok());
}

TEST(Group, AdminWhoSignsASkippedEpochOnTheRightHashIsRefused) {
  Club club;
  const GroupState two = club.add_carol();
  v1::content::SignedGroupState outer;
  v1::content::GroupState s;
  ASSERT_TRUE(parse_strict(two.encoded, kMaxGroupState, outer).ok());
  ASSERT_TRUE(parse_strict(outer.state(), kMaxGroupState, s).ok());
  s.set_epoch(9);
  outer.set_state(encode(s));
  outer.set_sig(sign(club.a.me.key(), SignType::kGroup, outer.state()));
  EXPECT_EQ(follow_group(club.one, encode(outer), club.a.me.peer()).code(), Code::kLocalUntrustedKey);
}

TEST(Group, AnyFlippedByteOfAStateIsRefused) {
  Club club;
  const GroupState two = club.add_carol();
  for (size_t i = 0; i < two.encoded.size(); ++i) {
    Bytes bad = two.encoded;
    bad[i] = static_cast<char>(bad[i] ^ 0x20);
    EXPECT_FALSE(follow_group(club.one, bad, club.a.me.peer()).ok()) << i;
  }
}

TEST(Group, KeyNoteMustFitStateSenderAndReader) {
  Club club;
  const GroupState two = club.add_carol();
  const auto accepts = [&](const KeyShare& note, ByteView from, const Identity& me) {
    return accept_group_key(two, note, from, me).ok();
  };
  EXPECT_TRUE(accepts(make_group_key(two, epoch_key(2)), club.a.me.fpr(), club.c.me));
  EXPECT_FALSE(accepts(make_group_key(two, epoch_key(2)), club.b.me.fpr(), club.c.me));
  EXPECT_FALSE(accepts(make_group_key(two, epoch_key(2)), club.a.me.fpr(), mallory()));
  EXPECT_FALSE(accepts(make_group_key(club.one, epoch_key(1)), club.a.me.fpr(), club.c.me));
  EXPECT_FALSE(accepts({two.group_id, two.epoch, two.hash, epoch_key(1).pkcs8()}, club.a.me.fpr(), club.c.me));
  EXPECT_FALSE(accepts({two.group_id, two.epoch, two.hash, Secret::copy_of("junk")}, club.a.me.fpr(), club.c.me));
}

TEST(Group, MessageOfANewerEpochWaitsAndOpensLater) {
  Club club;
  const GroupState two = club.add_carol();
  club.a.groups.enter(two, &epoch_key(2));
  const SealedMessage m = club.a.say_group(two, "new times");
  EXPECT_EQ(club.b.receive(m.envelope).outcome, Outcome::kNeedsEpoch);
  club.b.groups.enter(two, nullptr);
  EXPECT_EQ(club.b.receive(m.envelope).outcome, Outcome::kNeedsEpoch);
  club.c.groups.enter(two, &epoch_key(2));
  EXPECT_EQ(text_of(club.c.receive(m.envelope)), "new times");
}

TEST(Group, MessageOfAnUnknownGroupWaits) {
  Club club;
  EXPECT_EQ(club.c.receive(club.a.say_group(club.one, "x").envelope).outcome, Outcome::kNeedsEpoch);
}

TEST(Group, SixteenEpochsBackOpenFromThoseStillListedAndOlderOnesDoNot) {
  Club club;
  const SealedMessage late = club.b.say_group(club.one, "late"), later = club.b.say_group(club.one, "later");
  GroupState newest = club.one;
  for (size_t i = 1; i <= 16; ++i) {
    newest = club.next(change_of(newest), club.a.me, newest, 1 + i % 2);
    club.a.groups.enter(newest, nullptr);
  }
  EXPECT_EQ(newest.epoch, 17u);
  EXPECT_EQ(text_of(club.a.receive(late.envelope)), "late");
  club.a.groups.enter(club.next(change_of(newest), club.a.me, newest, 2), nullptr);
  EXPECT_EQ(club.a.receive(later.envelope).reason, Reason::kStaleEpoch);
}

TEST(Group, AnEpochWhoseStateIsNotHeldIsStale) {
  Club club;
  const SealedMessage early = club.b.say_group(club.one, "before carol came");
  club.c.groups.enter(club.add_carol(), &epoch_key(2));
  EXPECT_EQ(club.c.receive(early.envelope).reason, Reason::kStaleEpoch);
}

TEST(Group, AMessageOfAnOldEpochFromWhoWasRemovedSinceIsRefused) {
  Club club;
  const SealedMessage late = club.b.say_group(club.one, "late");
  GroupChange without = change_of(club.one);
  std::erase(without.members, member(club.b));
  const GroupState two = club.next(without, club.a.me, club.one, 2);
  club.a.groups.enter(two, &epoch_key(2));
  club.a.groups.enter(club.next(change_of(two), club.a.me, two, 3), &epoch_key(3));
  EXPECT_EQ(club.a.receive(late.envelope).reason, Reason::kNotMember);
}

TEST(Group, WhatIsSealedAnewIsShownOnce) {
  Club club;
  const SealedMessage first = club.b.say_group(club.one, "hello");
  const GroupState two = club.add_carol();
  for (Client* x : {&club.a, &club.b, &club.c}) x->groups.enter(two, &epoch_key(2));
  EXPECT_EQ(text_of(club.a.receive(first.envelope)), "hello");
  const SealedMessage anew = club.b.say_group(two, Text{"hello", {}, first.id});
  const Received again = club.a.receive(anew.envelope);
  EXPECT_EQ(again.outcome, Outcome::kOpened);
  EXPECT_TRUE(again.known) << "alice took it in under its first identity";
  const Received fresh = club.c.receive(anew.envelope);
  EXPECT_EQ(text_of(fresh), "hello");
  EXPECT_FALSE(fresh.known);
}

TEST(Group, EditsDeletionsAndReactionsTravelInGroups) {
  Club club;
  const SealedMessage said = club.a.say_group(club.one, "helo");
  EXPECT_EQ(text_of(club.b.receive(said.envelope)), "helo");
  const Received edit = club.b.receive(club.a.say_group(club.one, Edit{said.id, "hello"}).envelope);
  ASSERT_EQ(edit.outcome, Outcome::kOpened) << edit.why;
  EXPECT_EQ(std::get<Edit>(edit.content).of, said.id);
  const Received thumb = club.a.receive(club.b.say_group(club.one, Reaction{said.id, "+1"}).envelope);
  EXPECT_EQ(std::get<Reaction>(thumb.content).emoji, "+1");
  EXPECT_EQ(club.b.receive(club.a.say_group(club.one, Delete{said.id}).envelope).outcome, Outcome::kOpened);
}

TEST(Group, WhoWasRemovedReadsNothingNew) {
  Club club;
  GroupChange change = change_of(club.one);
  std::erase(change.members, member(club.b));
  const GroupState two = club.next(change, club.a.me, club.one, 2);
  const SealedMessage m = club.a.say_group(two, "without bob");
  EXPECT_EQ(club.b.receive(m.envelope).outcome, Outcome::kNeedsEpoch);
  club.b.groups.enter(two, &epoch_key(2));
  EXPECT_EQ(club.b.receive(m.envelope).reason, Reason::kNotMember);
}

}  // namespace
}  // namespace fastchat::tests
