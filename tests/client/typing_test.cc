#include "client/core/typing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fastchat::core {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(TypingPace, OneForAConversationInFiveSeconds) {
  TypingPace pace;
  EXPECT_TRUE(pace.due("bob", 1'000));
  EXPECT_FALSE(pace.due("bob", 5'999));
  EXPECT_TRUE(pace.due("carol", 5'999));
  EXPECT_TRUE(pace.due("bob", 6'000));
  EXPECT_FALSE(pace.due("bob", 6'001));
}

TEST(TypingBoard, ShowsUntilNoMoreComes) {
  TypingBoard board;
  EXPECT_EQ(board.next_wake(), INT64_MAX);
  EXPECT_TRUE(board.on_signal("bob", "bob", 50, 1'000));
  EXPECT_THAT(board.who("bob"), ElementsAre("bob"));
  EXPECT_EQ(board.next_wake(), 8'000);
  EXPECT_FALSE(board.on_signal("bob", "bob", 60, 6'000));  // still typing
  EXPECT_THAT(board.expire(12'999), IsEmpty());
  EXPECT_THAT(board.expire(13'000), ElementsAre("bob"));
  EXPECT_THAT(board.who("bob"), IsEmpty());
  EXPECT_THAT(board.expire(14'000), IsEmpty());
}

TEST(TypingBoard, AMessageEndsItAndWhatIsOlderSaysNothing) {
  TypingBoard board;
  EXPECT_FALSE(board.on_message("#team", "bob", 10));
  EXPECT_TRUE(board.on_signal("#team", "carol", 100, 0));
  EXPECT_TRUE(board.on_signal("#team", "bob", 100, 0));
  EXPECT_THAT(board.who("#team"), ElementsAre("carol", "bob"));
  EXPECT_TRUE(board.on_message("#team", "carol", 200));
  EXPECT_THAT(board.who("#team"), ElementsAre("bob"));
  EXPECT_FALSE(board.on_signal("#team", "carol", 199, 0));  // came late
  EXPECT_THAT(board.who("#team"), ElementsAre("bob"));
  EXPECT_TRUE(board.on_signal("#team", "carol", 201, 0));
  EXPECT_THAT(board.who("#team"), ElementsAre("bob", "carol"));
  EXPECT_THAT(board.who("#other"), IsEmpty());
}

}  // namespace
}  // namespace fastchat::core
