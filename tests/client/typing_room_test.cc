// Typing: the users whose signals are shown, and the users who receive them.
#include "client/messages/typing.h"

#include <gmock/gmock.h>

#include "common/clock.h"
#include "tests/client/profile_fixture.h"

namespace fastchat::client {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class TypingTest : public ProfileFixture {
 protected:
  TypingTest() {
    log_in();
    standings_.decide_strangers(Strangers::kTake, 1);
  }
  ~TypingTest() override { store_.reset(); }

  Typing typing(bool wanted) {
    return Typing(turn_, server_, *account_, pins_, standings_, groups_, wanted,
                  [this](const store::ConversationId& conversation, const std::vector<std::string>& who) {
                    std::string line = conversation.stored() + ":";
                    for (const std::string& name : who) line += " " + name;
                    told_.push_back(line);
                  });
  }
  void pin(size_t key) {
    begin();
    ASSERT_TRUE(pins_.learn("bob", tests::test_key(key).public_key().spki(), 1).ok());
  }
  // Returns a signal from bob to this user.
  Bytes signal(int64_t sent_ms) {
    const e2e::Identity bob(realm(), "bob", {tests::test_key(1)});
    auto me = e2e::peer_key(realm(), "alice", account_->secrets().identity.key().public_key().spki());
    return e2e::seal_signal(bob, *me, e2e::SignalKind::kTyping, sent_ms);
  }

  Loop loop_;
  LoopMachine machine_{loop_};
  Turn turn_{machine_, *store_, [](const Error&) {}};
  Server server_{machine_, turn_};
  PinBook pins_{store_->pins(), realm()};
  StandingBook standings_;
  GroupBook groups_;
  std::vector<std::string> told_;
};

TEST_F(TypingTest, AContactIsSeenUntilItsMessageIsHere) {
  Typing t = typing(true);
  turn_.add(t);
  pin(1);
  const int64_t now = Clock::wall_ms();
  t.on_signal(signal(now));
  EXPECT_THAT(told_, IsEmpty()) << "from the loop";
  turn_.run();
  EXPECT_THAT(told_, ElementsAre("bob: bob"));
  EXPECT_LT(t.next_wake(), Loop::kNever);
  t.on_message(store::ConversationId::direct("bob"), "bob", now + 1);
  turn_.run();
  EXPECT_THAT(told_, ElementsAre("bob: bob", "bob:"));
  EXPECT_EQ(t.next_wake(), Loop::kNever);
}

TEST_F(TypingTest, AStrangerAndAKeyThatChangedAreNotSeen) {
  Typing t = typing(true);
  turn_.add(t);
  t.on_signal(signal(Clock::wall_ms()));
  pin(1);
  pin(2);  // the server shows another key
  t.on_signal(signal(Clock::wall_ms()));
  turn_.run();
  EXPECT_THAT(told_, IsEmpty());
}

TEST_F(TypingTest, WhoDoesNotWantItSeesNobody) {
  Typing t = typing(false);
  turn_.add(t);
  pin(1);
  t.on_signal(signal(Clock::wall_ms()));
  turn_.run();
  EXPECT_THAT(told_, IsEmpty());
}

// Without a session, to a stranger, to a group that is not here: nothing happens.
TEST_F(TypingTest, TypingToNobodyIsHarmless) {
  Typing t = typing(true);
  turn_.add(t);
  for (const char* to : {"bob", "#team", "#", ""}) t.type(PeerName(to));
  turn_.run();
  EXPECT_THAT(told_, IsEmpty());
}

// A window that wants typing signals opens beside a daemon, which wanted none.
TEST_F(TypingTest, IsWantedFromTheMomentThatAWindowWantsIt) {
  Typing t = typing(false);
  turn_.add(t);
  pin(1);
  t.on_signal(signal(Clock::wall_ms()));
  turn_.run();
  EXPECT_THAT(told_, IsEmpty());
  t.want(true);
  t.on_signal(signal(Clock::wall_ms() + 1));
  turn_.run();
  EXPECT_THAT(told_, ElementsAre("bob: bob"));
}

}  // namespace
}  // namespace fastchat::client
