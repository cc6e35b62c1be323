// The client's part of the log of keys where it is in doubt: silence, broken links, answers that excuse something, and
// what others can do to the list of alarms.
#include <gmock/gmock.h>

#include "tests/client/log_fixture.h"

namespace fastchat::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr int64_t kHourMs = 3'600'000;

class LogDoubtsTest : public LogFixture {};

// ---- silence

// The head came right before the end, and the server of the next session is honest.
TEST_F(LogDoubtsTest, AHeadThatWaitedADayWithoutASessionIsNoAlarm) {
  session();
  mute_ = true;
  hears(log_.head_of(3));
  end_session();
  away(25 * kHourMs);
  mute_ = false;
  session();
  EXPECT_THAT(told(), IsEmpty());
  EXPECT_TRUE(table().heads()->empty());
}

TEST_F(LogDoubtsTest, ALinkThatBreaksIsNoSilenceOfTheServer) {
  session();
  log_.add_others(4);
  session();
  mute_ = true;
  hears(log_.head_of(3));
  for (int i = 0; i < 3; ++i) {
    later(1'500);
    break_link();
    away(25 * kHourMs);
    session();
  }
  EXPECT_THAT(told(), IsEmpty());
  EXPECT_EQ(table().state()->missing_since, 0);
  EXPECT_EQ(table().read()->stuck_since, 0);
  EXPECT_EQ(table().heads()->size(), 1u);
}

TEST_F(LogDoubtsTest, SilenceBeforeALongPauseIsNoDayOfSilence) {
  session();
  mute_ = true;
  session();
  later(40'000);  // the question is given up
  EXPECT_NE(table().state()->missing_since, 0);
  end_session();
  away(48 * kHourMs);
  session();
  later(40'000);
  EXPECT_THAT(told(), IsEmpty()) << "one question of this session";
  mute_ = false;
  later(60'000);
  EXPECT_EQ(table().state()->missing_since, 0);
  EXPECT_THAT(told(), IsEmpty());
}

}  // namespace
}  // namespace fastchat::client
