// One file on its way, with integers as time: window, resume point, retries, rate.
#include "client/core/transfer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace fastchat::core {
namespace {

constexpr uint64_t kChunk = 256 * 1024;
using Kind = Transfer::Step::Kind;
using State = Transfer::State;

std::vector<uint64_t> asked(Transfer& t, int64_t now) {
  std::vector<uint64_t> out;
  for (auto step = t.next(now); step.kind == Kind::kChunk; step = t.next(now)) out.push_back(step.index);
  return out;
}

// Returns an upload of `chunks` full chunks, of which the server has the first `next`.
Transfer moving(uint64_t chunks, uint64_t next = 0) {
  Transfer t(Direction::kUp, chunks * kChunk, chunks, 0);
  t.attached();
  EXPECT_EQ(t.next(0).kind, Kind::kOpen);
  EXPECT_TRUE(t.opened(next));
  return t;
}

TEST(Transfer, AnUploadAsksWhereItStandsAndGoesOnThere) {
  Transfer t(Direction::kUp, 10 * kChunk, 10, 0);
  EXPECT_EQ(t.next(0).kind, Kind::kNone) << "without a session";
  t.attached();
  EXPECT_EQ(t.next(0).kind, Kind::kOpen);
  EXPECT_EQ(t.next(0).kind, Kind::kNone) << "one question";
  EXPECT_TRUE(t.opened(7));
  EXPECT_THAT(asked(t, 0), testing::ElementsAre(7u, 8u));
  EXPECT_EQ(t.progress().done, 7 * kChunk);
}

TEST(Transfer, ADownloadGoesOnWithWhatIsOnDisk) {
  Transfer t(Direction::kDown, 4 * kChunk + 5, 5, 3);
  t.attached();
  EXPECT_THAT(asked(t, 0), testing::ElementsAre(3u, 4u));
  t.moved(1, 5);
  EXPECT_EQ(t.progress().done, 4 * kChunk + 5);
  EXPECT_EQ(t.next(1).kind, Kind::kFinish);
  EXPECT_EQ(t.next(1).kind, Kind::kNone) << "once";
}

TEST(Transfer, WhatIsWholeAlreadyNeedsNoSession) {
  Transfer t(Direction::kDown, kChunk, 1, 1);
  EXPECT_EQ(t.next(0).kind, Kind::kFinish);
}

TEST(Transfer, AnUploadThatTheServerHasWholeIsFinished) {
  Transfer t = moving(3, 3);
  EXPECT_EQ(t.next(0).kind, Kind::kFinish);
}

TEST(Transfer, RefusesAServerThatHasMoreThanThereIs) {
  Transfer t(Direction::kUp, kChunk, 1, 0);
  t.attached();
  (void)t.next(0);
  EXPECT_FALSE(t.opened(2));
  EXPECT_EQ(t.state(), State::kFailed);
}

TEST(Transfer, TheWindowGrowsOnAQuickLinkUpToItsLimit) {
  Transfer up = moving(200), down(Direction::kDown, 200 * kChunk, 200, 0);
  down.attached();
  uint64_t done = 0;
  for (int64_t now = 0; now < 40; ++now) {
    ++done;
    for (Transfer* t : {&up, &down}) {
      (void)asked(*t, now);
      t->moved(now, done);
    }
  }
  EXPECT_EQ(up.window(), Transfer::kWindowUp);
  EXPECT_EQ(down.window(), Transfer::kWindowDown);
  (void)asked(up, 40);
  EXPECT_THAT(asked(up, 41), testing::IsEmpty()) << "the window is full";
}

TEST(Transfer, TheWindowIsFullSoonerOnAVeryQuickLink) {
  Transfer very = moving(200), quick = moving(200);
  for (const auto& [t, took] : {std::pair<Transfer*, int64_t>{&very, 5}, {&quick, 500}}) {
    int64_t now = 0;
    uint64_t done = 0;
    for (int answers = 0; answers < 2; ++answers, now += took) {
      const uint64_t under_way = asked(*t, now).size();
      for (uint64_t i = 0; i < under_way; ++i) t->moved(now + took, ++done);
    }
  }
  EXPECT_EQ(very.window(), Transfer::kWindowUp) << "2, 10, then all";
  EXPECT_LE(quick.window(), 8u) << "2, 4, 8";
}

TEST(Transfer, ABusyServerHasLessUnderWayAfterwards) {
  Transfer t = moving(100);
  for (uint64_t done = 1; done < 20; ++done) {
    (void)asked(t, 0);
    t.moved(0, done);
  }
  const uint64_t before = t.window();
  ASSERT_GT(before, 8u);
  EXPECT_FALSE(t.refused(1, Code::kBusy, 0));
  EXPECT_EQ(t.window(), before / 2);
}

TEST(Transfer, TheWindowShrinksOnASlowLinkSoThatMessagesGetThrough) {
  Transfer t = moving(100);
  uint64_t done = 0;
  for (int64_t now = 0; now < 100'000; now += 5'000) {
    (void)asked(t, now);
    t.moved(now + 5'000, ++done);
  }
  EXPECT_EQ(t.window(), 1u);
}

TEST(Transfer, ALostLinkVoidsWhatWasUnderWayAndGoesOnFromWhatWasStored) {
  Transfer t = moving(10);
  EXPECT_EQ(asked(t, 0).size(), 2u);
  t.moved(1, 1);
  const uint64_t before = t.generation();
  t.detached();
  EXPECT_NE(t.generation(), before);
  EXPECT_EQ(t.next(2).kind, Kind::kNone);
  t.attached();
  EXPECT_EQ(t.next(3).kind, Kind::kOpen) << "the server may have more than it said";
  EXPECT_TRUE(t.opened(2));
  EXPECT_EQ(asked(t, 3).front(), 2u);
}

TEST(Transfer, TriesAgainAfterARefusalThatIsNotFinalEachTimeLater) {
  Transfer t = moving(10);
  (void)asked(t, 0);
  int64_t now = 0, last = 0;
  for (int i = 0; i < 5; ++i) {
    EXPECT_FALSE(t.refused(now, Code::kBusy, 0));
    EXPECT_EQ(t.next(now).kind, Kind::kNone);
    const int64_t wait = t.next_wake() - now;
    EXPECT_GT(wait, last);
    last = wait;
    now = t.next_wake();
    EXPECT_EQ(t.next(now).kind, Kind::kOpen);
  }
  EXPECT_TRUE(t.opened(0));
  (void)asked(t, now);
  t.moved(now, 1);
  EXPECT_FALSE(t.refused(now, Code::kConflict, 0));
  EXPECT_LE(t.next_wake() - now, 250) << "progress begins the backoff anew";
}

TEST(Transfer, GivesUpAfterAFinalRefusal) {
  for (const Code code : {Code::kTooLarge, Code::kStorageFull, Code::kUnknownFile, Code::kUnknownUser, Code::kRefused,
                          Code::kNotAcceptedYet}) {
    Transfer t = moving(10);
    EXPECT_TRUE(t.refused(0, code, 0));
    EXPECT_EQ(t.state(), State::kFailed);
    EXPECT_EQ(t.next(1'000'000).kind, Kind::kNone);
    EXPECT_EQ(t.next_wake(), Transfer::kNever);
  }
}

TEST(Transfer, IgnoresAnswersThatMakeNoSense) {
  Transfer t = moving(10);
  (void)asked(t, 0);
  t.moved(1, 9);  // never asked for
  EXPECT_EQ(t.chunks_done(), 0u);
  t.moved(1, 2);
  t.moved(1, 1);  // late
  EXPECT_EQ(t.chunks_done(), 2u);
}

TEST(Transfer, FinishingDoesNotNeedTheLink) {
  Transfer t(Direction::kDown, kChunk, 1, 0);
  t.attached();
  (void)asked(t, 0);
  t.moved(1, 1);
  t.detached();
  EXPECT_EQ(t.next(2).kind, Kind::kFinish);
}

TEST(Transfer, KnowsHowFastItGoesAndHowLongItTakes) {
  Transfer t = moving(101);
  EXPECT_EQ(t.progress().seconds_left, -1);
  uint64_t done = 0;
  for (int64_t now = 0; now <= 2'000; now += 100) {  // 2.5 MiB a second
    (void)asked(t, now);
    if (now > 0) t.moved(now, ++done);
  }
  const auto p = t.progress();
  EXPECT_NEAR(static_cast<double>(p.per_second), 2.5 * 1024 * 1024, 100'000);
  EXPECT_NEAR(static_cast<double>(p.seconds_left), 81 / 10.0, 1.1);
  t.detached();
  EXPECT_EQ(t.progress().per_second, 0u) << "nothing moves now";
}

TEST(Transfer, AnEmptyFileIsOneChunk) {
  Transfer t(Direction::kUp, 0, 1, 0);
  t.attached();
  (void)t.next(0);
  EXPECT_TRUE(t.opened(0));
  EXPECT_THAT(asked(t, 0), testing::ElementsAre(0u));
  t.moved(0, 1);
  EXPECT_EQ(t.progress().done, 0u);
  EXPECT_EQ(t.next(0).kind, Kind::kFinish);
}

}  // namespace
}  // namespace fastchat::core
