#include "common/loop.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/mailbox.h"
#include "common/socket.h"

namespace fastchat {
namespace {

TEST(Loop, RunsTimersInOrderAndNeverEarly) {
  Loop loop;
  std::string order;
  const int64_t start = Clock::monotonic_us();
  loop.at(start + 3'000, [&](int64_t now) {
    EXPECT_GE(now, start + 3'000);
    order += 'c';
    loop.stop();
  });
  loop.at(start + 700, [&](int64_t now) {
    EXPECT_GE(now, start + 700);
    order += 'b';
  });
  loop.at(start - 5, [&](int64_t) { order += 'a'; });
  loop.run();
  EXPECT_EQ(order, "abc");
}

TEST(Loop, ForgetsACancelledTimer) {
  Loop loop;
  const int64_t start = Clock::monotonic_us();
  bool ran = false;
  Loop::TimerId second = loop.at(start + 2, [&](int64_t) { ran = true; });
  loop.at(start + 1, [&](int64_t) { loop.cancel(second); });
  loop.at(start + 3, [&](int64_t) { loop.stop(); });
  loop.run();
  EXPECT_FALSE(ran);
  loop.cancel(second);
}

TEST(Loop, TicksWhenTheEngineWants) {
  Loop loop;
  int64_t next = Clock::monotonic_us() + 500;
  std::vector<int64_t> ticks;
  loop.set_tick([&] { return next; },
                [&](int64_t now) {
                  EXPECT_GE(now, next);
                  ticks.push_back(now);
                  next += 500;
                  if (ticks.size() == 3) loop.stop();
                });
  loop.run();
  EXPECT_EQ(ticks.size(), 3u);
}

TEST(Loop, ReturnsAtOnceToASocketThatMayHaveMore) {
  zmq::context_t ctx;
  auto [a, b] = mailbox_detail::connected_pair(ctx);
  Loop loop;
  RecvCounters counters;
  std::string got, order;
  loop.add_socket(b, [&] {
    zmq::message_t m;
    if (recv_one(b, m, counters) != Recv::kMessage) return false;
    got += m.to_string();
    order += 's';
    if (got.size() == 3) loop.stop();
    return true;
  });
  loop.on_turn_end([&](int64_t) { order += 'e'; });
  for (const char* word : {"1", "2", "3"}) ASSERT_EQ(send_one(a, ByteView(word)), SendResult::kSent);
  loop.run();
  EXPECT_EQ(got, "123");
  EXPECT_EQ(order, "sesese");
}

TEST(Loop, HearsOfAMessageWhoseNewsAnotherCallTookAway) {
  zmq::context_t ctx;
  auto [a, b] = mailbox_detail::connected_pair(ctx);
  Loop loop;
  RecvCounters counters;
  int got = 0;
  loop.add_socket(b, [&] {
    zmq::message_t m;
    got += recv_one(b, m, counters) == Recv::kMessage ? 1 : 0;
    return false;
  });
  loop.run_once(0);
  ASSERT_EQ(send_one(a, ByteView("x")), SendResult::kSent);
  EXPECT_EQ(b.get(zmq::sockopt::events) & ZMQ_POLLIN, ZMQ_POLLIN) << "from here on its descriptor is silent";
  loop.run_once(1'000'000);
  EXPECT_EQ(got, 1);
}

TEST(Loop, CallsAgainForWhatAHandlerLeft) {
  zmq::context_t ctx;
  auto [a, b] = mailbox_detail::connected_pair(ctx);
  Loop loop;
  RecvCounters counters;
  int got = 0;
  loop.add_quiet_socket(b, [&] {
    zmq::message_t m;
    got += recv_one(b, m, counters) == Recv::kMessage ? 1 : 0;
    return false;  // although there are more messages
  });
  for (int i = 0; i < 3; ++i) ASSERT_EQ(send_one(a, ByteView("x")), SendResult::kSent);
  for (int i = 0; i < 3; ++i) loop.run_once(1'000'000);
  EXPECT_EQ(got, 3);
}

TEST(Loop, AsksAMailboxThatWasUsedElsewhere) {
  zmq::context_t ctx;
  auto [mine, theirs] = make_mailbox<int, int>(ctx);
  Loop loop;
  int got = 0;
  mine.listen(loop, [&] {
    const auto number = mine.receive();
    got += number ? *number : 0;
    return false;
  });
  loop.run_once(0);
  loop.run_once(0);
  theirs.post(std::make_unique<int>(1));
  theirs.post(std::make_unique<int>(20));
  EXPECT_EQ(*mine.receive(), 1) << "both were announced at once";
  loop.run_once(1'000'000);
  EXPECT_EQ(got, 20);
}

TEST(Loop, ASourceMayRemoveItselfAndAnother) {
  int first[2], second[2];
  ASSERT_EQ(pipe(first), 0);
  ASSERT_EQ(pipe(second), 0);
  ASSERT_EQ(write(first[1], "x", 1), 1);
  ASSERT_EQ(write(second[1], "x", 1), 1);
  Loop loop;
  int calls = 0;
  const auto remove_both = [&](short revents) {
    EXPECT_NE(revents & POLLIN, 0);
    ++calls;
    loop.remove_fd(first[0]);
    loop.remove_fd(second[0]);
  };
  loop.add_fd(first[0], POLLIN, remove_both);
  loop.add_fd(second[0], POLLIN, remove_both);
  loop.run_once(1'000'000);
  loop.run_once(0);
  EXPECT_EQ(calls, 1);
  for (int fd : {first[0], first[1], second[0], second[1]}) close(fd);
}

TEST(Loop, WaitsForWritingOnRequest) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  Loop loop;
  short seen = 0;
  loop.add_fd(ends[0], POLLIN, [&](short revents) { seen = revents; });
  loop.run_once(0);
  EXPECT_EQ(seen, 0);
  loop.set_fd_events(ends[0], POLLOUT);
  loop.run_once(1'000'000);
  EXPECT_EQ(seen, POLLOUT);
  close(ends[0]);
  close(ends[1]);
}

TEST(Loop, SignalsArriveAsEvents) {
  Loop loop;
  int got = 0;
  loop.on_signals({SIGUSR2}, [&](int signal) {
    got = signal;
    loop.stop();
  });
  ASSERT_EQ(raise(SIGUSR2), 0);
  loop.run();
  EXPECT_EQ(got, SIGUSR2);
}

TEST(Loop, SaysThatItOversleptBeforeAnyEvent) {
  zmq::context_t ctx;
  auto [a, b] = mailbox_detail::connected_pair(ctx);
  Loop loop;
  std::string order;
  RecvCounters counters;
  loop.add_socket(b, [&] {
    zmq::message_t m;
    order += recv_one(b, m, counters) == Recv::kMessage ? "event" : "";
    return false;
  });
  loop.at(Clock::monotonic_us(), [&](int64_t) { order += "timer "; });
  loop.on_overslept([&](int64_t gap_us) {
    EXPECT_GT(gap_us, 11'000'000);
    order += "overslept ";
  });
  ASSERT_EQ(send_one(a, ByteView("x")), SendResult::kSent);
  loop.shift_expectation_for_test(12'000'000);
  loop.run_once(1'000'000);
  EXPECT_EQ(order, "overslept timer event");
  loop.shift_expectation_for_test(9'000'000);
  loop.run_once(0);
  EXPECT_EQ(order, "overslept timer event");
}

}  // namespace
}  // namespace fastchat
