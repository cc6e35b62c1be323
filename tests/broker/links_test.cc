#include "broker/core/links.h"

#include <gtest/gtest.h>

#include "tests/broker/seconds.h"

namespace fastchat::broker {
namespace {

TEST(Links, TheTableSaysWhatEachStateDoes) {
  using enum LinkState;
  struct Row {
    LinkState state;
    Act hello, sign_up, log_in, change, parts, ping, bye, for_worker;
  };
  const auto row = [](LinkState state, Act sign_up, Act log_in, Act change, Act parts) {
    return Row{state, Act::kNotAllowed, sign_up, log_in, change, parts, Act::kPong, Act::kForget, Act::kNotLoggedIn};
  };
  const Act no = Act::kNotLoggedIn, busy = Act::kBusy, never = Act::kNotAllowed;
  const Row rows[] = {
      {kNew, Act::kGreet, no, no, no, no, no, Act::kForget, no},
      row(kReady, Act::kSignUp, Act::kLogIn, never, no),
      row(kSigningUp, busy, busy, busy, busy),
      row(kVerifying, busy, busy, busy, busy),
      row(kAssigning, busy, busy, busy, busy),
      row(kAssigned, never, never, Act::kChange, Act::kReadParts),
      row(kChanging, never, never, busy, busy),
      row(kReading, never, never, busy, busy),
  };
  for (const Row& r : rows) {
    SCOPED_TRACE(static_cast<int>(r.state));
    EXPECT_EQ(r.hello, act_on(r.state, Input::kHello));
    EXPECT_EQ(r.sign_up, act_on(r.state, Input::kSignUp));
    EXPECT_EQ(r.log_in, act_on(r.state, Input::kLogIn));
    EXPECT_EQ(r.change, act_on(r.state, Input::kChange));
    EXPECT_EQ(r.parts, act_on(r.state, Input::kParts));
    EXPECT_EQ(r.ping, act_on(r.state, Input::kPing));
    EXPECT_EQ(r.bye, act_on(r.state, Input::kBye));
    EXPECT_EQ(r.for_worker, act_on(r.state, Input::kForWorker));
  }
}

TEST(Links, OnlyBrokersRequestsAreNotForWorkers) {
  using F = v1::ClientFrame;
  for (const auto body : {F::kChangePassword, F::kDeleteAccount}) EXPECT_EQ(Input::kChange, input_of(body));
  for (const auto body : {F::kAttach, F::kTraffic, F::kQuery, F::kGetUsers, F::kGetDevices, F::kRemoveDevice,
                          F::kGetVault, F::kPutVault, F::kPutVaultParts}) {
    EXPECT_EQ(Input::kForWorker, input_of(body));
  }
}

TEST(Links, ExpireWhenSilentForAMinute) {
  Links links;
  std::vector<Rid> forgotten;
  links.open(0, 1, &forgotten);
  links.open(0, 2, &forgotten);
  links.heard(30 * kSecond, 1);
  EXPECT_EQ(60 * kSecond, links.next_expiry_us());
  EXPECT_TRUE(links.expire(60 * kSecond - 1).empty());
  EXPECT_EQ((std::vector<Rid>{2}), links.expire(60 * kSecond));
  EXPECT_EQ(90 * kSecond, links.next_expiry_us());
  EXPECT_EQ((std::vector<Rid>{1}), links.expire(90 * kSecond));
  EXPECT_EQ(0u, links.size());
}

TEST(Links, ALinkThatBeginsAnewIsAnother) {
  Links links;
  std::vector<Rid> forgotten;
  const uint64_t first = links.open(0, 1, &forgotten).serial;
  links.close(1);
  EXPECT_EQ(nullptr, links.find(1, first));
  const uint64_t second = links.open(0, 1, &forgotten).serial;
  EXPECT_NE(first, second);
  EXPECT_EQ(nullptr, links.find(1, first));
  EXPECT_NE(nullptr, links.find(1, second));
}

TEST(Links, MakeRoomByForgettingTheLongestSilent) {
  Links links(3);
  std::vector<Rid> forgotten;
  for (const Rid rid : {1, 2, 3}) links.open(static_cast<int64_t>(rid), rid, &forgotten);
  links.heard(10, 1);
  links.open(11, 4, &forgotten);
  EXPECT_EQ((std::vector<Rid>{2}), forgotten);
  EXPECT_EQ(3u, links.size());
  EXPECT_EQ(nullptr, links.find(2));
}

}  // namespace
}  // namespace fastchat::broker
