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
    const auto rows = d.session().history(PeerName(peer), 100);
    FC_CHECK(rows.ok());
    for (const ChatMessage& m : *rows) {
      if (m.kind == MessageKind::kNotice && m.text.starts_with("ALARM: ")) out.push_back(m.text);
    }
    return out;
  }
  // Waits until the device knows the newest head, which it asks for after it is live.
  void checked(Device& d) {
    bool done = false;
    d.session().people().audit([&](const Result<LogAuditReport>& r) { done = r.ok(); });
    ASSERT_TRUE(until([&] { return done; }));
  }
  Device& new_user(const std::string& user) {
    Device& d = signed_up(user);
    checked(d);
    return d;
  }
  void log_in_again(Device& d) {
    d.kill();
    start_again(d);
    checked(d);
  }
};

TEST_F(LogSessionTest, AnHonestServerAlarmsNobody) {
  Device& alice = new_user("alice");
  Device& bob = new_user("bob");
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
  Device& alice = new_user("alice");
  Device& bob = new_user("bob");
  send(alice, "bob", "hello");
  ASSERT_TRUE(becomes(bob, "alice", {"alice: hello"}));
  const Log for_alice = grown(log(), "carol"), for_bob = grown(log(), "mallory");
  // Each of them is connected alone, and shown one of the lists.
  bob.kill();
  log() = for_alice;
  log_in_again(alice);
  EXPECT_TRUE(alarms(alice, "alice").empty()) << "the list continues the one before";
  alice.kill();
  log() = for_bob;
  log_in_again(bob);
  EXPECT_TRUE(alarms(bob, "bob").empty()) << "the list continues the one before";
  send(bob, "alice", "hi");
  ASSERT_TRUE(until([&] { return bob.session().unaccepted() == 0; }));
  bob.kill();
  log() = for_alice;
  log_in_again(alice);
  ASSERT_TRUE(until([&] { return !alarms(alice, "bob").empty(); }));
  send(alice, "bob", "who are you?");
  ASSERT_TRUE(until([&] { return alice.session().unaccepted() == 0; }));
  EXPECT_TRUE(alarms(alice, "alice").empty()) << "the server itself was honest to each of them";
  alice.kill();
  log() = for_bob;
  log_in_again(bob);
  ASSERT_TRUE(until([&] { return !alarms(bob, "alice").empty(); }));
  EXPECT_TRUE(alarms(bob, "bob").empty());
  alice.start();
  for (const std::string& text : {alarms(alice, "bob").front(), alarms(bob, "alice").front()}) {
    EXPECT_THAT(text, testing::HasSubstr("does not fit the one that the server shows you"));
    for (const Log* list : {&for_alice, &for_bob}) {
      EXPECT_THAT(text, testing::HasSubstr("root " + to_hex(list->head.root.substr(0, 8))));
    }
  }
}

// 32: a tree that was cut back. Proven by leaving the comparison of the sizes out of log_continues().
TEST_F(LogSessionTest, T32ATreeThatWasCutBackIsAnAlarmOnceAndTheSessionGoesOn) {
  Device& alice = new_user("alice");
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
  Device& alice = new_user("alice");
  signed_up("bob");
  log() = grown(log(), "bob");  // a key that bob does not have
  send(alice, "bob", "hello");
  ASSERT_TRUE(until([&] { return !alarms(alice, "bob").empty(); }));
  EXPECT_THAT(alarms(alice, "bob").front(), testing::HasSubstr("has another key of bob than the one shown to you"));
}

// 32: a leaf that was left out. Proven by treating a missing proof as a good one (PinProofs::judge_one).
TEST_F(LogSessionTest, T32AKeyThatTheListDoesNotHaveIsAnAlarmInTheConversation) {
  Device& alice = new_user("alice");
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
  Device& alice = new_user("alice");
  log() = grown(log(), "alice");
  log_in_again(alice);
  ASSERT_TRUE(until([&] { return !alarms(alice, "alice").empty(); }));
  EXPECT_THAT(alarms(alice, "alice"), testing::Contains(testing::HasSubstr("a key in your name that is not yours")));
}

}  // namespace
}  // namespace fastchat::client
