// Refusals are delayed. Each is sent once, to the link that asked. Waiting refusals hold no memory and delay no
// shutdown.
#include "broker/core/refusals.h"

#include <gtest/gtest.h>

#include "tests/broker/fake_ports.h"

namespace fastchat::test {
namespace {

using broker::Refusal;
using broker::Refusals;

constexpr Rid kGuesser = 7;
constexpr int64_t kDelay = kSecond;

struct Waiting : Broker {
  Waiting() : Broker(broker::EngineConfig{Bytes(16, 'R'), "test broker", v1::OPEN}, true) {
    account("alice");
    hello(kGuesser);
  }
  void guess(Rid rid, char device = 'd') {
    client(rid, log_in_frame("alice", Bytes(32, 'w'), device));
    serve_store();
  }
  size_t answers(Rid rid) const { return to(rid).size(); }
};

TEST(Refusals, AWrongPasswordIsSaidASecondLater) {
  Waiting b;
  b.guess(kGuesser);
  EXPECT_EQ(1u, b.answers(kGuesser)) << "its hello alone";
  EXPECT_LE(b.engine.next_tick_us(), b.now + kDelay);
  b.pass(kDelay - 1);
  EXPECT_EQ(1u, b.answers(kGuesser));
  b.client(kGuesser, Broker::log_in_frame("alice", Broker::auth_of("alice")));
  EXPECT_EQ(v1::BUSY, b.last_error(kGuesser)) << "one request at a time";
  b.pass(1);
  EXPECT_EQ(v1::BAD_CREDENTIALS, b.last_error(kGuesser));
  EXPECT_EQ(3u, b.last(kGuesser).request());
  b.log_in(kGuesser, "alice");
  EXPECT_TRUE(b.to(kGuesser)[3].has_logged_in()) << "the link goes on";
}

TEST(Refusals, AThrottledTryWaitsAndThenNamesWhatIsLeftOfItsWait) {
  Waiting b;
  for (int i = 0; i < 6; ++i) {
    b.guess(kGuesser);
    b.pass(kDelay);
  }
  EXPECT_EQ(v1::BAD_CREDENTIALS, b.last_error(kGuesser)) << "the wait of the fifth was over by then";
  b.guess(kGuesser);
  const size_t before = b.answers(kGuesser);
  b.pass(kDelay - 1);
  EXPECT_EQ(before, b.answers(kGuesser));
  b.pass(1);
  EXPECT_EQ(v1::THROTTLED, b.last_error(kGuesser));
  EXPECT_EQ(1u, b.last(kGuesser).error().retry_after_ms()) << "2 s, of which it waited one twice";
}

TEST(Refusals, AVaultThatIsTooLargeIsSaidLaterToo) {
  Waiting b;
  auto frame = Broker::sign_up_frame("bobby");
  frame.mutable_sign_up()->set_vault(Bytes(broker::Engine::kMaxFirstVault + 1, 'v'));
  b.client(kGuesser, frame);
  EXPECT_EQ(1u, b.answers(kGuesser));
  b.pass(kDelay);
  EXPECT_EQ(v1::TOO_LARGE, b.last_error(kGuesser));
  b.client(kGuesser, Broker::sign_up_frame("bobby"));
  b.serve_store();
  EXPECT_TRUE(b.last(kGuesser).has_signed_up());
}

TEST(Refusals, ALinkThatEndedIsToldNothing) {
  Waiting b;
  b.guess(kGuesser);
  b.engine.on_client_gone(b.now, kGuesser);
  b.hello(kGuesser);
  const size_t before = b.answers(kGuesser);
  b.pass(2 * kDelay);
  EXPECT_EQ(before, b.answers(kGuesser)) << "another link, though of the same number";
}

TEST(Refusals, AShutdownSaysWhatWaits) {
  Waiting b;
  b.guess(kGuesser);
  b.engine.begin_shutdown(b.now);
  EXPECT_EQ(v1::BAD_CREDENTIALS, b.to(kGuesser)[1].error().code());
  EXPECT_EQ(v1::SHUTTING_DOWN, b.last_error(kGuesser));
}

TEST(Refusals, AProgramThatStoodStillForgetsThemWithTheLinks) {
  Waiting b;
  b.guess(kGuesser);
  b.engine.on_overslept(b.now + 60 * kSecond);
  EXPECT_EQ(1u, b.answers(kGuesser));
  b.pass(61 * kSecond);
  EXPECT_EQ(1u, b.answers(kGuesser));
}

TEST(Refusals, WhatHasNoRoomIsSaidAtOnce) {
  Refusals refusals(kDelay);
  for (size_t i = 0; i < Refusals::kMax; ++i) EXPECT_TRUE(refusals.add(0, Refusal{}));
  EXPECT_FALSE(refusals.add(0, Refusal{}));
  EXPECT_FALSE(refusals.take(kDelay - 1));
  EXPECT_TRUE(refusals.take(kDelay));
  EXPECT_TRUE(refusals.add(0, Refusal{}));
}

}  // namespace
}  // namespace fastchat::test
