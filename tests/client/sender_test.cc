// Sender: refusals before any write, names of sends, and annotations.
#include "client/messages/sender.h"

#include "tests/client/rooms_fixture.h"

namespace fastchat::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class SenderTest : public RoomsFixture {
 protected:
  std::string refused(const std::string& to, const std::string& text, const SendOptions& options = {}) {
    answers_.clear();
    sender_.send(PeerName(to), text, options, told());
    turn_.run();
    EXPECT_EQ(outbox_rows(), 0u);
    return answers_.empty() ? "nothing" : answers_[0];
  }
  std::vector<std::string> annotate(const std::string& id, bool own, e2e::Content content) {
    std::vector<std::string> out;
    sender_.annotate(id, own, std::move(content),
                     [&](const Result<>& r) { out.push_back(r.ok() ? "done" : r.error().text); });
    turn_.run();
    return out;
  }
};

TEST_F(SenderTest, EachRefusalIsOneLine) {
  live();
  EXPECT_EQ(refused("bob", ""), "the message is empty");
  for (const char* invisible :
       {"\u200B", "\uFE0F", "\u200E\u202E\u2069", " \n\t", "\u2060\u00A0", "\u2800", "/me \u200B"}) {
    EXPECT_EQ(refused("bob", invisible), "the message is empty");
  }
  EXPECT_EQ(refused("bob", "\xff"), "the message is not UTF-8 text");
  EXPECT_THAT(refused("bob", std::string(16'385, 'x')), HasSubstr("too large: 16385 bytes"));
  EXPECT_EQ(refused("no\nbody", "x"), "no such user: no body");
  EXPECT_EQ(refused("#nowhere", "x"), "no such group: #nowhere");
  EXPECT_EQ(refused("Bob", "x"), "no such user: Bob: did you mean bob?");
  has_group("team");
  EXPECT_EQ(refused("#taem", "x"), "no such group: #taem: did you mean #team?");
  EXPECT_EQ(refused("bob", "x", {.reply_to = "00"}), "no message has this id here");
}

TEST_F(SenderTest, WhoIsOutOfAGroupIsTold) {
  const Bytes id = has_group("team");
  groups_.set_membership(id, Membership::kRemoved);
  EXPECT_THAT(refused("#team", "x"), HasSubstr("#team"));
}

TEST_F(SenderTest, ANameIsUsedOnce) {
  live();
  sender_.send(PeerName("bob"), "hello", {.reply_to = {}, .name = "backup-7"}, told());
  turn_.run();
  const SentMessage first = last_;
  sender_.send(PeerName("bob"), "something else", {.reply_to = {}, .name = "backup-7"}, told());
  turn_.run();
  EXPECT_EQ(last_.id, first.id);
  EXPECT_EQ(outbox_rows(), 1u);
  const auto found = sender_.sent_as("backup-7");
  ASSERT_TRUE(found.ok() && found->has_value());
  EXPECT_EQ((*found)->text, "hello");
  EXPECT_FALSE(sender_.sent_as("backup-8")->has_value());
}

TEST_F(SenderTest, AMessageThatWasSentStaysSentWhenItsRecipientIsGone) {
  live();
  const Bytes id = has_group("team");
  sender_.send(PeerName("#team"), "hello", {.reply_to = {}, .name = "backup-7"}, told());
  turn_.run();
  ASSERT_THAT(answers_, ElementsAre("sent"));
  const SentMessage first = last_;
  groups_.set_membership(id, Membership::kRemoved);
  sender_.send(PeerName("#team"), "hello", {.reply_to = "00", .name = "backup-7"}, told());
  sender_.send_poll(PeerName("#team"), e2e::Poll{}, "backup-7", told());
  turn_.run();
  EXPECT_THAT(answers_, ElementsAre("sent", "sent", "sent"));
  EXPECT_EQ(last_.row, first.row);
  EXPECT_EQ(outbox_rows(), 1u);
}

// The disk refuses a named message. The name is free again, and the caller is told.
TEST_F(SenderTest, ANameOfARefusedTurnIsFree) {
  live();
  sender_.send(PeerName("bob"), "hello", {.reply_to = {}, .name = "backup-7"}, told());
  refuse_turn();
  EXPECT_THAT(answers_, ElementsAre("the disk is full"));
  EXPECT_FALSE(sender_.sent_as("backup-7")->has_value());
}

TEST_F(SenderTest, AReplyNamesAMessageOfTheSameConversation) {
  live();
  send("bob", "first");
  turn_.run();
  const std::string id = last_.id;
  sender_.send(PeerName("bob"), "second", {.reply_to = id}, told());
  turn_.run();
  const auto lines = timeline_.history(PeerName("bob"), 10, 0);
  ASSERT_THAT(*lines, SizeIs(2));
  EXPECT_EQ((*lines)[1].reply_to, id);
  answers_.clear();
  sender_.send(PeerName("alice"), "third", {.reply_to = id}, told());
  turn_.run();
  EXPECT_THAT(answers_, ElementsAre("the message to answer is in another conversation"));
}

TEST_F(SenderTest, AnEditShowsAndKeepsOneLine) {
  live();
  send("bob", "helo");
  turn_.run();
  EXPECT_THAT(annotate(last_.id, true, e2e::Edit{{}, "hello", {}}), ElementsAre("done"));
  EXPECT_THAT(annotate(last_.id, true, e2e::Edit{{}, "\u200B\uFE0F", {}}), ElementsAre("the message is empty"));
  EXPECT_THAT(annotate(last_.id, true, e2e::Edit{{}, "", {}}), ElementsAre("the message is empty"));
  EXPECT_THAT(annotate(last_.id, true, e2e::Edit{{}, "\xff", {}}), ElementsAre("the message is not UTF-8 text"));
  EXPECT_THAT(sees("bob"), ElementsAre("alice: hello"));
  EXPECT_THAT(annotate(last_.id, true, e2e::Delete{{}, {}}), ElementsAre("done"));
  EXPECT_THAT(sees("bob"), ElementsAre("alice: "));
  EXPECT_THAT(annotate(last_.id, true, e2e::Edit{{}, "again", {}}), ElementsAre("this message was deleted"));
}

TEST_F(SenderTest, OnlyOnesOwnMessagesAreEdited) {
  live();
  deliver(sealed(e2e::Text{"hi", {}}));
  goes_out();
  const auto lines = timeline_.history(PeerName("bob"), 10, 0);
  ASSERT_THAT(*lines, SizeIs(1));
  const std::string id = (*lines)[0].id;
  EXPECT_THAT(annotate(id, true, e2e::Edit{{}, "no", {}}), ElementsAre("this is not a message of yours"));
  EXPECT_THAT(annotate(id, false, e2e::Reaction{{}, "+", {}}), ElementsAre("done"));
  ASSERT_THAT((*timeline_.history(PeerName("bob"), 10, 0))[0].reactions, SizeIs(1));
}

}  // namespace
}  // namespace fastchat::client
