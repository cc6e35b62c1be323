// Peers that write ZMTP 3.0 by hand, to do things that libzmq itself never does. They use no CURVE, because the tested
// faults lie below it.
#include <gtest/gtest.h>

#include <string>

#include "common/client_listener.h"
#include "tests/common/socket_fixture.h"

namespace fastchat {
namespace {

const std::string kGreeting =
    "\xff" + std::string(8, '\0') + "\x7f\x03" + std::string(1, '\0') + "NULL" + std::string(48, '\0');
const std::string kReady = std::string(
    "\x04\x1c\x05READY\x0bSocket-Type\0\0\0\x06"
    "DEALER",
    30);
const std::string kPing = std::string("\x04\x07\x04PING\0\0", 9);

class RawPeerTest : public SocketTest {
 protected:
  ~RawPeerTest() override {
    if (fd_ >= 0) close(fd_);
  }

  // Returns a connection from which libzmq takes messages.
  int meet() {
    const int fd = raw_connection(endpoint_);
    say(fd, kGreeting + kReady);
    // libzmq takes no message before it has sent its own READY, which follows its greeting.
    size_t heard = 0;
    until([&] {
      char buffer[256];
      const ssize_t got = recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
      if (got > 0) heard += static_cast<size_t>(got);
      return heard > 64;
    });
    return fd;
  }
  static void say(int fd, const std::string& bytes) {
    EXPECT_EQ(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }
  int fd_ = -1;
};

class EndlessTest : public RawPeerTest {
 protected:
  EndlessTest() {
    GuardLimits limits;
    limits.hello_us = 3'600'000'000;
    limits.handshake_bytes = 0;
    listen(zmq::socket_t(ctx_, zmq::socket_type::router), &limits);
    fd_ = meet();
  }
  // Sends parts of one message until the guard ends the connection.
  void send_parts_until_stalled() {
    std::string parts;
    for (int i = 0; i < 500; ++i) parts += std::string("\x01\x64", 2) + std::string(100, 'p');
    size_t at = 0;
    until([&] {
      const ssize_t sent = ::send(fd_, parts.data() + at, parts.size() - at, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent > 0) at = (at + static_cast<size_t>(sent)) % parts.size();
      return guard_->counters().stalled == 1;
    });
  }
};

TEST_F(EndlessTest, TheGuardEndsAnEndlessMessage) {
  say(fd_, std::string("\0\x05hello", 7));
  until([&] { return received_ == 1; });
  send_parts_until_stalled();
  until([&] { return gone_.contains(last_.rid); });
  EXPECT_EQ(received_, 1);
}

TEST_F(EndlessTest, TheGuardEndsOneBeforeTheFirstMessage) {
  send_parts_until_stalled();
  EXPECT_EQ(received_, 0);
}

class FloodTest : public RawPeerTest {
 protected:
  static constexpr int64_t kMax = 32 << 20;
  FloodTest() {
    GuardLimits limits;
    limits.unread_bytes = kMax;
    limits.handshake_bytes = 0;
    zmq::socket_t router(ctx_, zmq::socket_type::router);
    router.set(zmq::sockopt::rcvhwm, 0);
    listen(std::move(router), &limits);
    fd_ = meet();
    say(fd_, std::string("\0\5hello", 7));
    until([&] { return received_ == 1; });
  }
  // Sends messages of 1 kB each, and first the rest of a message that was cut off.
  void send_some() {
    static const std::string messages = [] {
      std::string out;
      for (int i = 0; i < 100; ++i) out += std::string("\2\0\0\0\0\0\0\3\xe8", 9) + std::string(1000, 'm');
      return out;
    }();
    const ssize_t sent = ::send(fd_, messages.data() + at_, messages.size() - at_, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent <= 0) return;
    sent_ += sent;
    at_ = (at_ + static_cast<size_t>(sent)) % messages.size();
  }
  size_t at_ = 0;
  int64_t sent_ = 0;
};

// The socket has no receive high-water mark, so libzmq takes everything that arrives.
TEST_F(FloodTest, TheGuardEndsWhoseMessagesWaitInTooManyBytes) {
  loop_.remove_socket(router_);
  until([&] {
    send_some();
    return guard_->counters().unread == 1;
  });
  EXPECT_GT(sent_, kMax);
  until([&] { return gone_.contains(last_.rid); });
}

TEST_F(FloodTest, TheGuardLeavesAloneWhoseMessagesAreRead) {
  const uint64_t samples = guard_->counters().samples;
  until([&] {
    if (sent_ < (received_ - 1) * int64_t{1009} + kMax / 32) send_some();
    if (guard_->counters().ended() != 0) return true;
    return sent_ > 3 * kMax && guard_->counters().samples > samples + 20;
  });
  EXPECT_EQ(guard_->counters().unread, 0u);
  EXPECT_EQ(guard_->counters().stalled, 0u);
  EXPECT_EQ(guard_->counters().ended(), 0u);
  EXPECT_FALSE(closed_by_peer(fd_));
}

// libzmq stops reading a connection when the messages that wait for its owner exceed the receive high-water mark. When
// that connection breaks and libzmq had read a ping from it, libzmq answers the ping later and aborts the program.
class BrokenLinkTest : public RawPeerTest {
 protected:
  // Listens with the receive high-water mark of a socket of ours.
  void listen_like(zmq::socket_t made) {
    zmq::socket_t router(ctx_, zmq::socket_type::router);
    router.set(zmq::sockopt::rcvhwm, made.get(zmq::sockopt::rcvhwm));
    made.close();
    listen(std::move(router));
    fd_ = meet();
  }
  // Waits until libzmq has read everything sent before and has noticed each connection that broke before. Relies on
  // libzmq's single I/O thread.
  void let_libzmq_see() {
    loop_.remove_socket(router_);
    for (int i = 0; i < 2; ++i) close(meet());
  }
};

TEST_F(BrokenLinkTest, EndsNoServer) {
  auto listener =
      open_client_listener(ctx_, server_, "tcp://127.0.0.1:*", {.max_connections = 10, .max_per_address = 10});
  listen_like(std::move(listener->router));
  std::string batch;
  while (batch.size() < 8'000) batch += std::string("\0\1x", 3);
  say(fd_, batch + kPing);
  let_libzmq_see();
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ASSERT_EQ(setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
  close(std::exchange(fd_, -1));
  let_libzmq_see();
  loop_.add_socket(router_, [this] { return receive(); });
  until([&] { return received_ == static_cast<int>(batch.size() / 3); });
}

}  // namespace
}  // namespace fastchat
