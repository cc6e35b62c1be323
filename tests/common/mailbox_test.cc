#include "common/mailbox.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <vector>

namespace fastchat {
namespace {

std::atomic<int> living{0};

struct Thing {
  explicit Thing(int v) : value(v) { ++living; }
  ~Thing() { --living; }
  int value;
};

TEST(Mailbox, CarriesRequestsAndAnswersBetweenThreads) {
  zmq::context_t ctx;
  auto [mine, theirs] = make_mailbox<Thing, Thing>(ctx);
  LoopThread doubler(ctx, "doubler", [end = std::move(theirs)](Loop& loop) mutable {
    end.listen(loop, [&] {
      while (auto thing = end.receive()) {
        thing->value *= 2;
        end.post(std::move(thing));
      }
      return false;
    });
    loop.run();
  });
  Loop loop;
  std::vector<int> got;
  mine.listen(loop, [&] {
    while (auto thing = mine.receive()) got.push_back(thing->value);
    if (got.size() == 10'000) loop.stop();
    return false;
  });
  for (int i = 0; i < 10'000; ++i) ASSERT_TRUE(mine.post(std::make_unique<Thing>(i)));
  loop.run();
  for (int i = 0; i < 10'000; ++i) ASSERT_EQ(got[static_cast<size_t>(i)], 2 * i);
  EXPECT_EQ(living, 0);
}

TEST(Mailbox, FreesWhatNobodyReceived) {
  zmq::context_t ctx;
  {
    auto [mine, theirs] = make_mailbox<Thing, Thing>(ctx);
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(mine.post(std::make_unique<Thing>(i)));
    EXPECT_EQ(theirs.receive()->value, 0);
    EXPECT_EQ(living, 4);
  }
  ctx.close();
  EXPECT_EQ(living, 0);
}

TEST(Mailbox, RefusesWhenTheOtherEndIsGone) {
  zmq::context_t ctx;
  auto [mine, theirs] = make_mailbox<Thing, Thing>(ctx);
  { auto gone = std::move(theirs); }
  // libzmq's own thread removes the other end later.
  while (mine.post(std::make_unique<Thing>(1))) {
  }
  EXPECT_EQ(mine.receive(), nullptr);
}

TEST(LoopThread, EndsWhenDestroyedAndRunsItsBodyToTheEnd) {
  zmq::context_t ctx;
  std::atomic<bool> ended{false};
  {
    LoopThread thread(ctx, "a-name-that-is-too-long", [&](Loop& loop) {
      loop.run();
      ended = true;
    });
  }
  EXPECT_TRUE(ended);
}

}  // namespace
}  // namespace fastchat
