// The log of keys in whole sessions, at a server that lies: numbers 31 and 32 of the adversary's list in docs/e2e.md.
// Each is proven by breaking its rule once, as its comment says.
#include "broker/core/log_signer.h"
#include "tests/client/session_fixture.h"

namespace fastchat::client {
namespace {

class LogSessionTest : public SessionTest {
 protected:
  using Log = test::MemoryDb::Log;
  Log& log() { return realm().db().log; }
  // Returns `of` with one more leaf, signed with the server's log key.
  Log grown(Log of, const std::string& user) {
    const broker::LogSigner signer(Bytes(16, 'r'), realm().log_key());
    const auto growth =
        signer.grow({of.head.size, of.head.ms, of.frontier}, of.head.ms + 1, {{user, Bytes(422, 'k'), 0}});
    FC_CHECK(growth.has_value());
    for (const broker::LogLeaf& leaf : growth->leaves) {
      of.leaves.push_back({leaf.user, leaf.fpr, leaf.counter, leaf.ms});
      of.by_user[leaf.user].push_back(leaf.index);
    }
    for (const merkle::Node& node : growth->nodes) of.nodes.emplace(node.place, node.hash);
    of.head = growth->head;
    of.frontier = growth->frontier;
    return of;
  }
  // Returns the alarms in a conversation, which the person sees as lines.
  static std::vector<std::string> alarms(Device& d, const std::string& peer) {
    std::vector<std::string> out;
    for (const ChatMessage& m : d.session().history(PeerName(peer), 100).value()) {
      if (m.kind == MessageKind::kNotice && m.text.starts_with("ALARM: ")) out.push_back(m.text);
    }
    return out;
  }
  void log_in_again(Device& d) {
    d.kill();
    start_again(d);
  }
};

TEST_F(LogSessionTest, AnHonestServerAlarmsNobody) {
  Device& alice = signed_up("alice");
  Device& bob = signed_up("bob");
  send(alice, "bob", "hello");
  ASSERT_TRUE(becomes(bob, "alice", {"alice: hello"}));
  signed_up("carol");
  send(bob, "alice", "hi");  // with a head
  ASSERT_TRUE(becomes(alice, "bob", {"alice: hello", "bob: hi"}));
  send(alice, "bob", "how are you");
  ASSERT_TRUE(becomes(bob, "alice", {"alice: hello", "bob: hi", "alice: how are you"}));
  for (Device* d : {&alice, &bob}) {
    log_in_again(*d);
    EXPECT_TRUE(alarms(*d, "alice").empty() && alarms(*d, "bob").empty());
  }
  EXPECT_EQ(bob.session().history(PeerName("alice"), 100)->size(), 3u) << "heads are no lines";
}

// 31: two heads for two people. Proven by sending no heads (HeadGossip::due), and by taking every head for one that
// fits (HeadGossip::judge_one).
TEST_F(LogSessionTest, T31TwoListsForTwoPeopleAreFoundWhenTheyWriteToEachOther) {
  Device& alice = signed_up("alice");
  Device& bob = signed_up("bob");
  send(alice, "bob", "hello");
  ASSERT_TRUE(becomes(bob, "alice", {"alice: hello"}));
  const Log for_alice = grown(log(), "carol"), for_bob = grown(log(), "mallory");
  log() = for_alice;
  log_in_again(alice);
  log() = for_bob;
  log_in_again(bob);
  EXPECT_TRUE(alarms(alice, "alice").empty() && alarms(bob, "bob").empty()) << "each list continues the one before";
  log() = for_alice;  // alice is asked for the proof
  send(bob, "alice", "hi");
  ASSERT_TRUE(until([&] { return !alarms(alice, "bob").empty(); }));
  log() = for_bob;
  send(alice, "bob", "who are you?");
  ASSERT_TRUE(until([&] { return !alarms(bob, "alice").empty(); }));
  for (const std::string& text : {alarms(alice, "bob").front(), alarms(bob, "alice").front()}) {
    EXPECT_THAT(text, testing::HasSubstr("does not fit the one that the server shows you"));
    for (const Log* list : {&for_alice, &for_bob}) {
      EXPECT_THAT(text, testing::HasSubstr("root " + to_hex(list->head.root.substr(0, 8))));
    }
  }
}

// 32: a tree that was cut back. Proven by leaving the comparison of the sizes out of log_continues().
TEST_F(LogSessionTest, T32ATreeThatWasCutBackIsAnAlarmOnceAndTheSessionGoesOn) {
  Device& alice = signed_up("alice");
  const Log before = log();
  signed_up("bob");
  log_in_again(alice);
  log() = before;
  log_in_again(alice);
  ASSERT_TRUE(until([&] { return !alarms(alice, "alice").empty(); }));
  EXPECT_THAT(alarms(alice, "alice").front(), testing::HasSubstr("became shorter"));
  log_in_again(alice);
  send(alice, "bob", "hello");
  EXPECT_EQ(alarms(alice, "alice").size(), 1u);
}

// 32: a leaf that was changed: the list has another key of bob than the directory. Proven by taking any leaf of the
// name for the pinned key's (PinProofs::judge_one).
TEST_F(LogSessionTest, T32AnotherKeyInTheListIsAnAlarmInTheConversation) {
  Device& alice = signed_up("alice");
  signed_up("bob");
  log() = grown(log(), "bob");  // a key that bob does not have
  send(alice, "bob", "hello");
  ASSERT_TRUE(until([&] { return !alarms(alice, "bob").empty(); }));
  EXPECT_THAT(alarms(alice, "bob").front(), testing::HasSubstr("has another key of bob than the one shown to you"));
}

// 32: a leaf that was left out. Proven by treating a missing proof as a good one (PinProofs::judge_one).
TEST_F(LogSessionTest, T32AKeyThatTheListDoesNotHaveIsAnAlarmInTheConversation) {
  Device& alice = signed_up("alice");
  const Log without = log();
  signed_up("bob");
  log() = grown(without, "carol");
  log_in_again(alice);
  send(alice, "bob", "hello");
  ASSERT_TRUE(until([&] { return !alarms(alice, "bob").empty(); }));
  EXPECT_THAT(alarms(alice, "bob").front(), testing::HasSubstr("has no key of bob"));
}

// The owner of a name finds a key that somebody put there. Proven by skipping the search in LeafReader::on_leaves().
TEST_F(LogSessionTest, T32AKeyInOnesNameIsFoundByItsOwner) {
  Device& alice = signed_up("alice");
  log() = grown(log(), "alice");
  log_in_again(alice);
  ASSERT_TRUE(until([&] { return !alarms(alice, "alice").empty(); }));
  EXPECT_THAT(alarms(alice, "alice"), testing::Contains(testing::HasSubstr("a key in your name that is not yours")));
}

}  // namespace
}  // namespace fastchat::client
