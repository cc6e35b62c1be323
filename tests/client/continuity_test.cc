// Continuity: the cases in which a run continues the streams of the runs before it.
#include "client/core/continuity.h"

#include <gtest/gtest.h>

namespace fastchat::core {
namespace {

const Bytes kStream(16, 's');

TEST(Continuity, ARunThatFollowsOnOneThatWasClosedGoesOn) {
  Continuity first;
  first.logged_in(1);
  EXPECT_FALSE(first.may_follow(kStream)) << "there is no run before it";
  Continuity second(first.closed());
  EXPECT_FALSE(second.may_follow(kStream)) << "not before its login";
  second.logged_in(2);
  EXPECT_TRUE(second.may_follow(kStream));
  second.logged_in(9);
  EXPECT_TRUE(second.may_follow(kStream)) << "it goes on with what it wrote itself";
}

TEST(Continuity, ACopyThatIsPutBackAfterAnotherRunDoesNotGoOn) {
  Continuity first;
  first.logged_in(1);
  const auto copy = first.closed();
  Continuity sends_two(copy);
  sends_two.logged_in(2);
  Continuity put_back(copy);
  put_back.logged_in(3);
  EXPECT_FALSE(put_back.may_follow(kStream));
}

TEST(Continuity, ACopyOfAProfileInUseDoesNotGoOn) {
  Continuity first;
  first.logged_in(1);
  Continuity in_use(first.closed());
  in_use.logged_in(2);
  Continuity put_back(in_use.stored());
  put_back.logged_in(3);
  EXPECT_FALSE(put_back.may_follow(kStream));
}

TEST(Continuity, ACopyOfARunThatSealedWithoutAServerDoesNotGoOn) {
  Continuity first;
  first.logged_in(1);
  Continuity offline(first.closed());
  EXPECT_TRUE(offline.sealing()) << "on disk it is open from its first message on";
  EXPECT_FALSE(offline.sealing());
  Continuity put_back(offline.stored());
  put_back.logged_in(2);
  EXPECT_FALSE(put_back.may_follow(kStream));
}

TEST(Continuity, WhatACopyLeftOnDiskIsForgottenOnce) {
  Continuity put_back({4, true});
  EXPECT_TRUE(put_back.logged_in(5)) << "or the run after this one would go on with it";
  EXPECT_FALSE(put_back.logged_in(6));
  Continuity next(put_back.closed());
  EXPECT_FALSE(next.logged_in(7));
  EXPECT_TRUE(next.may_follow(kStream));
}

TEST(Continuity, ARunWithoutALogInSettlesNothing) {
  Continuity put_back({4, true});
  put_back.sealing();
  EXPECT_TRUE(put_back.closed().open);
  Continuity in_order({4, false});
  in_order.sealing();
  EXPECT_FALSE(in_order.closed().open);
}

TEST(Continuity, AStreamThatThisRunBeganIsItsOwn) {
  Continuity run({4, false});
  EXPECT_FALSE(run.may_follow(kStream));
  run.began(kStream);
  EXPECT_TRUE(run.may_follow(kStream));
  EXPECT_FALSE(run.may_follow(Bytes(16, 't')));
}

TEST(Continuity, AServerThatLostEpochsEndsTheChain) {
  Continuity run({7, false});
  run.logged_in(7);
  EXPECT_FALSE(run.may_follow(kStream));
}

}  // namespace
}  // namespace fastchat::core
