// Changes of a key: the chain that a server shows, and messages, edits and groups of a sender who changed the key.
#include "client/e2e/rekey.h"

#include <gtest/gtest.h>

#include "tests/e2e/people.h"

namespace fastchat::tests {
namespace {

using namespace e2e;

// Bob with the keys 1, 4 and 5 of the pool, the newest first.
Identity bob_after(size_t changes) {
  constexpr size_t kKeys[] = {1, 4, 5};
  std::vector<KeyPair> keys;
  for (size_t i = changes + 1; i > 0; --i) keys.push_back(test_key(kKeys[i - 1]));
  return Identity(kRealmA, "bob", std::move(keys));
}

Result<std::vector<PeerKey>> follow(const std::vector<Bytes>& rekeys) {
  return follow_rekeys(kRealmA, "bob", bob().key().public_key().spki(), rekeys);
}

TEST(RekeyChain, LeadsFromTheFirstKeyToTheNewest) {
  const auto none = follow({});
  ASSERT_TRUE(none.ok());
  ASSERT_EQ(none->size(), 1u);
  EXPECT_EQ(none->front().fpr, bob().fpr());
  const auto two = follow(make_rekeys(bob_after(2), 2, 2));
  ASSERT_TRUE(two.ok()) << two.error().text;
  ASSERT_EQ(two->size(), 3u);
  EXPECT_EQ((*two)[1].fpr, bob_after(1).fpr());
  EXPECT_EQ((*two)[2].fpr, bob_after(2).fpr());
}

TEST(RekeyChain, ChangesMadeAnewGoOnAfterThoseOfBefore) {
  std::vector<Bytes> chain = make_rekeys(bob_after(1), 1, 1);
  for (const Bytes& last : make_rekeys(bob_after(2), 2, 1)) chain.push_back(last);
  EXPECT_TRUE(follow(chain).ok());
}

TEST(RekeyChain, IsRefusedWhenALinkIsMissingTwistedOrAnothers) {
  const std::vector<Bytes> good = make_rekeys(bob_after(2), 2, 2);
  EXPECT_EQ(follow({good[1]}).code(), Code::kLocalUntrustedKey) << "the first change is left out";
  EXPECT_EQ(follow({good[1], good[0]}).code(), Code::kLocalUntrustedKey) << "swapped";
  EXPECT_EQ(follow({good[0], good[0]}).code(), Code::kLocalUntrustedKey) << "repeated";
  EXPECT_EQ(follow({good[0], good[1], "junk"}).code(), Code::kMalformed);
  EXPECT_EQ(follow({good[0].substr(1)}).code(), Code::kMalformed);
  const std::vector<Bytes> old_number = make_rekeys(bob_after(2), 1, 1);
  EXPECT_EQ(follow({good[0], old_number[0]}).code(), Code::kLocalUntrustedKey) << "a number that was used";
  EXPECT_FALSE(follow_rekeys(kRealmA, "carol", bob().key().public_key().spki(), good).ok()) << "another's changes";
  EXPECT_FALSE(follow_rekeys(kRealmB, "bob", bob().key().public_key().spki(), good).ok()) << "another realm's";
  EXPECT_FALSE(follow_rekeys(kRealmA, "bob", carol().key().public_key().spki(), good).ok());
  EXPECT_FALSE(follow_rekeys(kRealmA, "bob", "no key", good).ok());
}

TEST(RekeyChain, ThatLoopsIsRefused) {
  const Identity back(kRealmA, "bob", {test_key(1)});
  std::vector<Bytes> chain = make_rekeys(bob_after(1), 1, 1);
  chain.push_back(encode_rekey(make_rekey(person("bob", 4), back, 2)));
  EXPECT_EQ(follow(chain).code(), Code::kLocalUntrustedKey);
}

TEST(RekeyChain, AnotherSignerIsRefused) {
  Rekey forged = make_rekey(person("bob", 3), person("bob", 4), 1);
  forged.old_fpr = bob().fpr();
  EXPECT_EQ(follow({encode_rekey(forged)}).code(), Code::kLocalUntrustedKey);
}

// Pins for a reader who knows bob's line of keys.
class LinePins final : public Pins {
 public:
  LinePins(PeerKey newest, std::vector<PeerKey> line) : newest_(std::move(newest)), line_(std::move(line)) {}
  Pinned find(std::string_view user) const override {
    return user == newest_.user ? Pinned{&newest_, false} : Pinned{};
  }
  const PeerKey* former(std::string_view user, ByteView fpr) const override {
    for (const PeerKey& key : line_) {
      if (counts && user == key.user && key.fpr == fpr) return &key;
    }
    return nullptr;
  }
  bool same_line(std::string_view user, ByteView a, ByteView b) const override {
    const auto has = [&](ByteView fpr) {
      for (const PeerKey& key : line_) {
        if (key.fpr == fpr) return true;
      }
      return fpr == newest_.fpr;
    };
    return a == b || (user == newest_.user && has(a) && has(b));
  }
  bool counts = true;  // the former keys still count

 private:
  PeerKey newest_;
  std::vector<PeerKey> line_;
};

// Alice, who knows that bob changed the key once.
struct Changed {
  Received open(ByteView envelope) const { return open_message(a.me, envelope, pins, a.marks, a.groups); }
  Client a{alice()}, before{bob()}, after{bob_after(1)};
  LinePins pins{bob_after(1).peer(), {bob().peer()}};
};

TEST(FormerKey, AMessageOfBeforeTheChangeStillOpensForATime) {
  Changed t;
  const SealedMessage old = t.before.say(t.a.me.peer(), "before");
  EXPECT_EQ(text_of(t.open(old.envelope)), "before");
  EXPECT_EQ(text_of(t.open(t.after.say(t.a.me.peer(), "after").envelope)), "after");
  t.pins.counts = false;
  expect_refused(t.open(old.envelope), Reason::kKeyChanged);
  t.a.marks.add(old.id, old.hash);
  EXPECT_EQ(t.open(old.envelope).outcome, Outcome::kDuplicate) << "it was taken in while the key counted";
  const SealedMessage other = t.before.say(t.a.me.peer(), "another");
  expect_refused(t.open(other.envelope), Reason::kKeyChanged);
}

TEST(FormerKey, AMessageToAFormerKeyOpensForEver) {
  Changed t;
  t.after.pins.pin(t.a.me.peer());
  EXPECT_EQ(text_of(t.after.look(t.a.say(bob().peer(), "sealed to the old key").envelope)), "sealed to the old key");
}

TEST(FormerKey, TheSendersOtherDeviceIsHeardForATime) {
  Changed t;
  const SealedMessage copy = t.before.say(t.a.me.peer(), "mine");
  const LinePins own(t.a.me.peer(), {bob().peer()});
  const Received r = open_message(t.after.me, copy.envelope, own, t.after.marks, t.after.groups);
  EXPECT_EQ(text_of(r), "mine") << r.why;
  EXPECT_TRUE(r.own_copy);
  expect_refused(t.after.look(copy.envelope), Reason::kKeyChanged);
}

TEST(FormerKey, AnEditOfAMessageOfBeforeTheChangeIsTheSenders) {
  Changed t;
  const SealedMessage old = t.before.say(t.a.me.peer(), "helo");
  const Received edited = t.open(t.after.say(t.a.me.peer(), Edit{old.id, "hello"}).envelope);
  EXPECT_EQ(edited.outcome, Outcome::kOpened) << edited.why;
  Client twisted(Identity(kRealmA, "bob", {test_key(4), test_key(0)}));
  const MessageId not_in_line{person("bob", 0).fpr(), old.id.stream, 1};
  expect_refused(t.open(twisted.say(t.a.me.peer(), Edit{not_in_line, "x"}).envelope), Reason::kBadContent);
}

const KeyPair& key_of_epoch(size_t n) {
  return test_key(6 + n);
}

TEST(FormerKey, AMemberWhoChangedTheKeyStaysAMember) {
  Changed t;
  const GroupState one = create_group(t.a.me, "club", {{"bob", bob().fpr()}}, key_of_epoch(1).public_key()).value();
  t.a.groups.enter(one, &key_of_epoch(1));
  EXPECT_EQ(text_of(t.open(t.after.say_group(one, "still here").envelope)), "still here");
  t.after.pins.pin(t.a.me.peer());
  t.after.groups.enter(one, &key_of_epoch(1));
  EXPECT_EQ(text_of(t.after.look(t.a.say_group(one, "welcome").envelope)), "welcome");
  // The next epoch lists the new key; a message of before the change is on its way.
  GroupChange change = change_of(one);
  for (GroupMember& m : change.members) {
    if (m.user == "bob") m.fpr = t.after.me.fpr();
  }
  const GroupState two = change_group(t.a.me, one, change, key_of_epoch(2).public_key()).value();
  t.a.groups.enter(two, &key_of_epoch(2));
  EXPECT_EQ(text_of(t.open(t.before.say_group(one, "late").envelope)), "late");
  EXPECT_EQ(text_of(t.open(t.after.say_group(two, "new").envelope)), "new");
}

TEST(FormerKey, AnAdminWhoChangedTheKeyGoesOn) {
  Changed t;
  const GroupState one = create_group(bob(), "club", {{"alice", t.a.me.fpr()}}, key_of_epoch(1).public_key()).value();
  GroupChange change = change_of(one);
  change.admin_fpr = t.after.me.fpr();
  for (GroupMember& m : change.members) {
    if (m.user == "bob") m.fpr = t.after.me.fpr();
  }
  change.members.push_back({"carol", carol().fpr()});
  const GroupState two = change_group(t.after.me, one, change, key_of_epoch(2).public_key()).value();
  const std::vector<PeerKey> bobs{t.after.me.peer(), bob().peer()};
  const auto followed = follow_group(one, two.encoded, bobs);
  ASSERT_TRUE(followed.ok()) << followed.error().text;
  EXPECT_EQ(followed->signer_fpr, t.after.me.fpr());
  EXPECT_FALSE(follow_group(one, two.encoded, {carol().peer()}).ok());
  EXPECT_FALSE(follow_group(one, two.encoded, std::vector<PeerKey>{}).ok());
  // A state that the former key signed, which a reader sees after the change.
  const GroupState by_old = change_group(bob(), one, change_of(one), key_of_epoch(3).public_key()).value();
  EXPECT_EQ(follow_group(one, by_old.encoded, bobs)->signer_fpr, bob().fpr());
}

}  // namespace
}  // namespace fastchat::tests
