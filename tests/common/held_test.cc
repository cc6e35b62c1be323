// HeldBytes: bytes that outlive the message that they came in.
#include "common/held.h"

#include <gtest/gtest.h>

#include <cstring>

#include "common/socket.h"

namespace fastchat {
namespace {

TEST(HeldBytes, AreTheOnesThatWereGiven) {
  Bytes own(1'000, 'x');
  const char* place = own.data();
  HeldBytes first(std::move(own));
  const HeldBytes moved = std::move(first);
  EXPECT_EQ(moved.view(), Bytes(1'000, 'x'));
  EXPECT_EQ(moved.view().data(), place) << "no copy";
  EXPECT_EQ(HeldBytes().size(), 0u);
}

TEST(HeldBytes, APartOfAMessageIsHeldBeyondTheMessageWithoutACopyUnlessItIsTiny) {
  for (const size_t size : {size_t{1}, size_t{33}, size_t{64}, size_t{65}, size_t{100'000}}) {
    HeldBytes held;
    const void* place = nullptr;
    {
      const Bytes bytes = Bytes(size - 1, 'x') + "y";
      zmq::message_t message(bytes.data(), bytes.size());
      place = bytes_of(message).data() + size / 2;
      held = hold(message, bytes_of(message).substr(size / 2));
      message.rebuild(bytes.size());
      std::memset(message.data(), 'z', message.size());
    }
    const HeldBytes moved = std::move(held);
    EXPECT_EQ(moved.view(), Bytes(size - 1 - size / 2, 'x') + "y") << size;
    EXPECT_EQ(moved.view().data() == place, size > 64) << size;
  }
}

}  // namespace
}  // namespace fastchat
