// Polls: parsing, and the same count for every reader, in whatever order the votes come.
#include "client/messages/polls.h"

#include <algorithm>

#include "tests/client/rooms_fixture.h"

namespace fastchat::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string why(const std::string& line) {
  const auto poll = parse_poll(line);
  return poll.ok() ? "" : poll.error().text;
}

TEST(Poll, IsAQuestionAndOptions) {
  const auto poll = parse_poll(" Lunch?  | soup|  green salad ");
  ASSERT_TRUE(poll.ok());
  EXPECT_EQ(poll->question, "Lunch?");
  EXPECT_THAT(poll->options, ElementsAre("soup", "green salad"));
}

TEST(Poll, EachMistakeIsOneLine) {
  EXPECT_EQ(why(""), "a poll needs a question");
  EXPECT_EQ(why("| a | b"), "a poll needs a question");
  EXPECT_EQ(why("q"), "a poll needs two options or more");
  EXPECT_EQ(why("q | a"), "a poll needs two options or more");
  EXPECT_EQ(why("q | a |"), "an option is empty");
  EXPECT_EQ(why("q | a | \u0301\uFE0F"), "an option is empty");
  EXPECT_EQ(why("\u2060\u0301 | a | b"), "a poll needs a question");
  EXPECT_EQ(why("q | a | b | a "), "two options are the same: a");
  EXPECT_EQ(why("q |1|2|3|4|5|6|7|8|9|10|11"), "a poll has at most ten options");
  EXPECT_EQ(why("q | a | " + std::string(257, 'x')), "an option is too long: at most 256 bytes fit");
  EXPECT_EQ(why(std::string(1'025, 'q') + " | a | b"), "the question is too long: at most 1024 bytes fit");
  EXPECT_EQ(why("q | a | \xff"), "an option is not UTF-8 text");
  EXPECT_EQ(why("q | a | b"), "");
}

TEST(Poll, GoesToItsTextAndBack) {
  const PollView view = poll_of(poll_text({"q", {"a", "b"}, {}}));
  EXPECT_EQ(view.question, "q");
  ASSERT_THAT(view.options, SizeIs(2));
  EXPECT_EQ(view.options[1].text, "b");
  EXPECT_EQ(poll_of("").options.size(), 0u) << "of a damaged database";
}

TEST(Poll, CountsTheLastVoteOfEach) {
  PollView poll = poll_of("q\na\nb");
  count_vote(poll, "carol", "1");
  count_vote(poll, "bob", "1");
  count_vote(poll, "alice", "2");
  EXPECT_EQ(shown_poll(poll), "q\n1. a  [2: bob, carol]\n2. b  [1: alice]");
  count_vote(poll, "bob", "2");
  EXPECT_EQ(shown_poll(poll), "q\n1. a  [1: carol]\n2. b  [2: alice, bob]");
  count_vote(poll, "carol", "0");
  count_vote(poll, "alice", "3");
  EXPECT_EQ(shown_poll(poll), "q\n1. a\n2. b  [1: bob]");
}

class PollsTest : public RoomsFixture {
 protected:
  PollsTest() { live(); }
  void turns() {
    for (int i = 0; i < 3; ++i) goes_out();
  }
  // Returns the newest line of the conversation.
  ChatMessage newest(const std::string& peer) { return timeline_.history(PeerName(peer), 10, 0)->back(); }
  std::string vote(const std::string& id, uint32_t choice) {
    std::string out = "nothing";
    sender_.annotate(id, false, e2e::Vote{{}, choice, {}},
                     [&](const Result<>& r) { out = r.ok() ? "done" : r.error().text; });
    turns();
    return out;
  }
};

TEST_F(PollsTest, OneIsAskedAndVotedInByBoth) {
  sender_.send_poll(PeerName("bob"), *parse_poll("Lunch? | soup | salad"), "", told());
  turns();
  const ChatMessage asked = newest("bob");
  EXPECT_EQ(asked.kind, MessageKind::kPoll);
  EXPECT_EQ(asked.text, "Lunch?\n1. soup\n2. salad");
  EXPECT_EQ(vote(asked.id, 1), "done");
  const auto own = store_->messages().of_ref(last_.ref);
  const e2e::MessageId of{(*own)->from_fpr, (*own)->stream, (*own)->seq};
  deliver(sealed(e2e::Vote{of, 2, {}}));
  turns();
  EXPECT_EQ(newest("bob").text, "Lunch?\n1. soup  [1: alice]\n2. salad  [1: bob]");
  EXPECT_EQ(vote(asked.id, 2), "done");
  EXPECT_EQ(newest("bob").text, "Lunch?\n1. soup\n2. salad  [2: alice, bob]");
  EXPECT_EQ(vote(asked.id, 0), "done");
  EXPECT_EQ(newest("bob").text, "Lunch?\n1. soup\n2. salad  [1: bob]");
}

TEST_F(PollsTest, ANameIsUsedOnce) {
  sender_.send_poll(PeerName("bob"), *parse_poll("Lunch? | soup | salad"), "window-1", told());
  turns();
  const SentMessage first = last_;
  sender_.send_poll(PeerName("bob"), *parse_poll("Lunch? | soup | salad"), "window-1", told());
  turns();
  EXPECT_EQ(last_.id, first.id);
  EXPECT_EQ(outbox_rows(), 1u);
}

TEST_F(PollsTest, WhatIsNoVoteIsRefused) {
  send("bob", "hello");
  turns();
  EXPECT_EQ(vote(last_.id, 1), "this is not a poll");
  sender_.send_poll(PeerName("bob"), *parse_poll("Lunch? | soup | salad"), "", told());
  turns();
  EXPECT_THAT(vote(last_.id, 3), HasSubstr("the poll has 2 options"));
  std::string edited;
  sender_.annotate(last_.id, true, e2e::Edit{{}, "Dinner?", {}}, [&](const Result<>& r) { edited = r.error().text; });
  turns();
  EXPECT_EQ(edited, "this is not a message of yours") << "a poll has no text to edit";
}

TEST_F(PollsTest, AVoteMayComeBeforeItsPoll) {
  const Bytes poll = sealed(e2e::Poll{"Lunch?", {"soup", "salad"}, {}});
  const Bytes vote = sealed(e2e::Vote{last_sealed_, 2, {}});
  deliver(vote);
  deliver(poll);
  turns();
  EXPECT_EQ(newest("bob").text, "Lunch?\n1. soup\n2. salad  [1: bob]");
}

// A search reads boxes of texts. A box made before a vote does not contain the voter.
TEST_F(PollsTest, ASearchFindsWhoVoted) {
  sender_.send_poll(PeerName("bob"), *parse_poll("Lunch? | soup | salad"), "", told());
  turns();
  const std::string id = newest("bob").id;
  for (int64_t i = 0; i < store::kSearchPage; ++i) send("bob", "more");  // a full page has a box
  turns();
  EXPECT_THAT(*search_.find({"lunch", "salad"}, 10), SizeIs(1));
  EXPECT_THAT(*search_.find({"lunch", "alice"}, 10), IsEmpty());
  ASSERT_EQ(vote(id, 1), "done");
  EXPECT_THAT(*search_.find({"lunch", "alice"}, 10), SizeIs(1));
}

TEST_F(PollsTest, ADeletedPollHasNoVotes) {
  sender_.send_poll(PeerName("bob"), *parse_poll("Lunch? | soup | salad"), "", told());
  turns();
  const std::string id = newest("bob").id;
  vote(id, 1);
  sender_.annotate(id, true, e2e::Delete{{}, {}}, [](const Result<>&) {});
  turns();
  EXPECT_TRUE(newest("bob").deleted);
  EXPECT_FALSE(newest("bob").poll.has_value());
  EXPECT_EQ(vote(id, 2), "this message was deleted");
}

// Two devices of one person vote, one device has a clock that is ahead, and two votes have the same time. Each reader
// counts the same vote, in whatever order the votes come.
TEST_F(PollsTest, AnyOrderOfVotesCountsTheSame) {
  std::vector<store::Annotation> votes;
  const auto add = [&](const char* stream, uint64_t seq, int64_t sent_ms, const char* hash, const char* choice) {
    store::Annotation v;
    v.of_fpr = Bytes(32, 'f');
    v.of_stream = Bytes(16, 's');
    v.of_seq = 1;
    v.kind = v1::content::VOTE;
    v.from = "bob";
    v.conversation = store::ConversationId::direct("bob");
    v.stream = Bytes(16, *stream);
    v.seq = seq;
    v.sent_ms = sent_ms;
    v.hash = Bytes(32, *hash);
    v.body = choice;
    votes.push_back(v);
  };
  add("x", 1, 10, "a", "1");
  add("x", 2, 12, "b", "2");
  add("y", 1, 12, "c", "3");
  add("y", 2, 11, "d", "4");
  std::vector<size_t> order = {0, 1, 2, 3};
  std::set<Bytes> counted;
  do {
    begin();
    for (const size_t i : order) ASSERT_TRUE(store_->annotations().put(votes[i]).ok());
    store::Message poll;
    poll.from_fpr = Bytes(32, 'f');
    poll.stream = Bytes(16, 's');
    poll.seq = 1;
    poll.conversation = store::ConversationId::direct("bob");
    const auto kept = store_->annotations().of(poll);
    ASSERT_THAT(*kept, SizeIs(1));
    counted.insert((*kept)[0].body);
    store_->rollback();
  } while (std::next_permutation(order.begin(), order.end()));
  EXPECT_THAT(counted, ElementsAre("3"));
}

// The clock of this device goes back between two votes. The second vote counts all the same.
TEST_F(PollsTest, TheLastVoteIsLaterThanTheOneBefore) {
  sender_.send_poll(PeerName("bob"), *parse_poll("Lunch? | soup | salad"), "", told());
  turns();
  const std::string id = newest("bob").id;
  ASSERT_EQ(vote(id, 1), "done");
  const auto row = timeline_.find(id);
  const auto first = store_->annotations().of(*row);
  ASSERT_THAT(*first, SizeIs(1));
  store::Annotation ahead = (*first)[0];
  ahead.sent_ms += 86'400'000;  // as if the clock had been a day ahead
  begin();
  ASSERT_TRUE(*store_->annotations().put(ahead));
  commit();
  ASSERT_EQ(vote(id, 2), "done");
  EXPECT_EQ(newest("bob").text, "Lunch?\n1. soup\n2. salad  [1: alice]");
}

}  // namespace
}  // namespace fastchat::client
