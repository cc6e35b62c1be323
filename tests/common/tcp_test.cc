#include "common/tcp.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>

#include "tests/common/socket_fixture.h"

namespace fastchat {
namespace {

// Two ends of one TCP connection over 127.0.0.1.
class TcpTest : public ::testing::Test {
 protected:
  TcpTest() {
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
    EXPECT_EQ(::listen(listener, 1), 0);
    socklen_t size = sizeof at;
    EXPECT_EQ(getsockname(listener, reinterpret_cast<sockaddr*>(&at), &size), 0);
    writer_ = raw_connection("tcp://127.0.0.1:" + std::to_string(ntohs(at.sin_port)));
    reader_ = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    EXPECT_GE(reader_, 0);
    close(listener);
  }
  ~TcpTest() override {
    close(writer_);
    close(reader_);
  }
  int writer_ = -1, reader_ = -1;
};

TEST_F(TcpTest, TakenIsWhatWasReadAndAcknowledgedWhatArrived) {
  const int64_t before = bytes_acknowledged(writer_);  // the SYN counts as one
  ASSERT_EQ(::send(writer_, "0123456789", 10, 0), 10);
  char buffer[4];
  ASSERT_EQ(recv(reader_, buffer, sizeof buffer, MSG_WAITALL), 4);
  EXPECT_EQ(bytes_taken(reader_), 4);
  while (bytes_acknowledged(writer_) == before) std::this_thread::yield();
  EXPECT_EQ(bytes_acknowledged(writer_), before + 10);
}

TEST_F(TcpTest, NothingIsKnownOfWhatIsNoConnection) {
  EXPECT_EQ(bytes_taken(-1), -1);
  EXPECT_EQ(bytes_acknowledged(-1), -1);
}

// A count that is too small makes the guard mistake the connection for an earlier one.
TEST_F(TcpTest, BytesThatArriveMeanwhileDoNotCountAsUnread) {
  std::atomic<bool> stop = false;
  std::thread sends([&] {
    const std::string frame(100, 'f');
    while (!stop) (void)::send(writer_, frame.data(), frame.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  });
  int64_t read = 0, too_little = 0;
  char buffer[1'000];
  for (int i = 0; i < 20'000; ++i) {
    const ssize_t got = recv(reader_, buffer, sizeof buffer, MSG_DONTWAIT);
    if (got > 0) read += got;
    too_little += bytes_taken(reader_) < read ? 1 : 0;
  }
  stop = true;
  shutdown(reader_, SHUT_RDWR);
  sends.join();
  EXPECT_EQ(too_little, 0) << "of 20,000 looks";
}

}  // namespace
}  // namespace fastchat
