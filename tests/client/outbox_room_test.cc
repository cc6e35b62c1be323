// Outbox: messages are on disk before anybody is told of them, and a turn that the disk refuses.
#include "client/messages/outbox.h"

#include "tests/client/rooms_fixture.h"

namespace fastchat::client {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class OutboxRoomTest : public RoomsFixture {};

TEST_F(OutboxRoomTest, AMessageIsOnDiskBeforeAnybodyHears) {
  live();
  send("bob", "hello");
  EXPECT_THAT(answers_, IsEmpty());
  EXPECT_THAT(heard_.lines, IsEmpty());
  EXPECT_EQ(server_.engine().unaccepted(), 0u);
  EXPECT_THAT(goes_out(), SizeIs(1));
  EXPECT_THAT(answers_, ElementsAre("sent"));
  EXPECT_THAT(heard_.take(), ElementsAre("bob alice: hello"));
  EXPECT_THAT(sees("bob"), ElementsAre("alice: hello"));
  EXPECT_EQ(outbox_rows(), 1u);
}

TEST_F(OutboxRoomTest, OfARefusedTurnNothingIsLeft) {
  live();
  send("bob", "hello");
  refuse_turn();
  EXPECT_THAT(answers_, ElementsAre("the disk is full"));
  EXPECT_THAT(heard_.lines, IsEmpty());
  EXPECT_THAT(goes_out(), IsEmpty());
  EXPECT_EQ(outbox_rows(), 0u);
  EXPECT_THAT(sees("bob"), IsEmpty());
}

TEST_F(OutboxRoomTest, TheNextRunSendsWhatThisOneLeft) {
  send("bob", "hello");
  send("bob", "again");
  server_.open(core::World::config(), ports_);
  turn_.run();
  EXPECT_EQ(server_.engine().unaccepted(), 2u);
  server_.open(core::World::config(), ports_);  // the next run's engine
  EXPECT_EQ(server_.engine().unaccepted(), 0u);
  outbox_.restore();
  EXPECT_EQ(server_.engine().unaccepted(), 2u);
}

TEST_F(OutboxRoomTest, OneConversationIsOneStreamInOrder) {
  live();
  send("bob", "one");
  send("bob", "two");
  turn_.run();
  const auto rows = store_->outbox().all();
  ASSERT_THAT(*rows, SizeIs(2));
  EXPECT_EQ((*rows)[0].stream, (*rows)[1].stream);
  EXPECT_EQ((*rows)[0].seq, 1u);
  EXPECT_EQ((*rows)[1].seq, 2u);
}

TEST_F(OutboxRoomTest, AGroupsMessageCountsTheOtherMembers) {
  has_group("team");
  live();
  send("#team", "hello");
  EXPECT_THAT(goes_out(), SizeIs(1));
  const auto rows = store_->outbox().all();
  ASSERT_THAT(*rows, SizeIs(1));
  EXPECT_EQ((*rows)[0].epoch, 1u);
  EXPECT_EQ((*rows)[0].members, 1u);
  EXPECT_THAT(sees("#team"), ElementsAre("alice: hello"));
}

// The streams on disk go on only in a run that follows the one that wrote them.
TEST_F(OutboxRoomTest, ACopyOfTheProfileBeginsANewStream) {
  live();
  send("bob", "one");
  turn_.run();
  ASSERT_TRUE(streams_.load(false).ok());  // as in a copy made now: the run is open
  streams_.on_session_epoch(9);
  send("bob", "two");
  turn_.run();
  const auto rows = store_->outbox().all();
  ASSERT_THAT(*rows, SizeIs(2));
  EXPECT_NE((*rows)[0].stream, (*rows)[1].stream);
  EXPECT_GT((*rows)[1].ref, (*rows)[0].ref);
}

TEST_F(OutboxRoomTest, AClosedRunGoesOn) {
  streams_.on_session_epoch(4);
  live();
  send("bob", "one");
  turn_.run();
  streams_.close();
  ASSERT_TRUE(streams_.load(false).ok());
  streams_.on_session_epoch(5);
  send("bob", "two");
  turn_.run();
  const auto rows = store_->outbox().all();
  ASSERT_THAT(*rows, SizeIs(2));
  EXPECT_EQ((*rows)[0].stream, (*rows)[1].stream);
}

}  // namespace
}  // namespace fastchat::client
