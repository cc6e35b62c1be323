// Moments as people type them.
#include "client/runtime/moment.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <string>

namespace fastchat::client {
namespace {

constexpr int64_t kNoon = 1'796'040'000'000;  // 2026-11-30T12:00:00Z
constexpr int64_t kHour = 3'600'000;

class Moment : public ::testing::Test {
 protected:
  Moment() { set_zone("UTC"); }
  ~Moment() override { set_zone("UTC"); }
  static void set_zone(const char* zone) {
    setenv("TZ", zone, 1);
    tzset();
  }
  static std::optional<int64_t> read(const std::string& text) { return read_moment(text, kNoon); }
};

TEST_F(Moment, DaysAndTimesAreLocal) {
  EXPECT_EQ(read("2026-11-30"), kNoon - 12 * kHour);
  EXPECT_EQ(read("2026-11-30T12:00"), kNoon);
  EXPECT_EQ(read("2026-11-30 12:00:01"), kNoon + 1'000);
  set_zone("CET-1CEST,M3.5.0,M10.5.0/3");
  EXPECT_EQ(read("2026-11-30"), kNoon - 13 * kHour);
  EXPECT_EQ(read("2026-11-30T13:00"), kNoon);
  EXPECT_EQ(read("2026-07-01"), 1'782'864'000'000 - 2 * kHour) << "summer time";
}

TEST_F(Moment, Rfc3339NamesTheSameMomentEverywhere) {
  for (const char* zone : {"UTC", "CET-1", "EST5"}) {
    set_zone(zone);
    for (const char* text : {"2026-11-30T12:00:00Z", "2026-11-30t12:00:00z", "2026-11-30T13:00:00+01:00",
                             "2026-11-30 07:00:00-05:00", "2026-11-30T12:00:00.000Z", "2026-11-30T12:00Z"}) {
      EXPECT_EQ(read(text), kNoon) << text << " in " << zone;
    }
  }
  EXPECT_EQ(read("2026-11-30T12:00:00.25Z"), kNoon + 250);
  EXPECT_EQ(read("2026-11-30T12:00:00.123456789Z"), kNoon + 123);
  EXPECT_EQ(read("2016-12-31T23:59:60Z"), 1'483'228'800'000) << "a leap second";
}

TEST_F(Moment, AnAgeCountsFromNow) {
  EXPECT_EQ(read("0s"), kNoon);
  EXPECT_EQ(read("90s"), kNoon - 90'000);
  EXPECT_EQ(read("10m"), kNoon - kHour / 6);
  EXPECT_EQ(read("2h"), kNoon - 2 * kHour);
  EXPECT_EQ(read("3d"), kNoon - 72 * kHour);
  EXPECT_EQ(read("1w"), kNoon - 168 * kHour);
}

TEST_F(Moment, OtherTextsNameNoMoment) {
  for (const char* text : {"",
                           "now",
                           "yesterday",
                           "2026",
                           "2026-1-1",
                           "2026-02-30",
                           "2026-13-01",
                           "2026-00-10",
                           "2026-11-31",
                           "2026-11-30T",
                           "2026-11-30T6:00",
                           "2026-11-30T24:00",
                           "2026-11-30T12:60",
                           "2026-11-30T12:00:61Z",
                           "2026-11-30Z",
                           "2026-11-30TZ",
                           "2026-11-30+01:00",
                           "2026-11-30T12:00:00.Z",
                           "2026-11-30T12:00:00.1234567890Z",
                           "2026-11-30T12:00:00+1:00",
                           "2026-11-30T12:00:00+01:00x",
                           "2026-11-30T12:00:00+24:00",
                           "-2h",
                           "+2h",
                           "2 h",
                           "2h ",
                           "h",
                           "2",
                           "2y",
                           "1.5h",
                           "1000000001w",
                           "99999999999999999999s",
                           "２h",
                           "2026-11-30T12:00:00 "}) {
    EXPECT_EQ(read(text), std::nullopt) << text;
  }
  EXPECT_TRUE(read("1000000000w")) << "the largest age fits";
}

}  // namespace
}  // namespace fastchat::client
