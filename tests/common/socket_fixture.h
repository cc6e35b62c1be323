// Sockets over 127.0.0.1 on one loop, an optional guard, and bare TCP connections.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "common/guard.h"
#include "common/loop.h"
#include "common/random.h"
#include "common/socket.h"
#include "common/zap.h"

namespace fastchat {

class SocketTest : public ::testing::Test {
 protected:
  SocketTest() {
    seed_libc_rand();
    zap_ = std::move(ZapHandler::open(ctx_)).value();
    zap_->set_policy("clients", ZapHandler::admit_all());
    zap_->set_policy("cluster", ZapHandler::admit_only(cluster_.public_key));
    zap_->run_on(loop_);
  }

  void listen(zmq::socket_t socket, const GuardLimits* guard = nullptr) {
    router_ = std::move(socket);
    if (guard != nullptr) {
      guard_ = std::move(Guard::start(ctx_, router_, *guard)).value();
      guard_->listen(loop_, [this](uint64_t rid) { gone_.insert(rid); });
      loop_.on_turn_end([this](int64_t now_us) { guard_->flush(now_us); });
    }
    endpoint_ = bind_socket(router_, "tcp://127.0.0.1:*").value();
    loop_.add_socket(router_, [this] { return receive(); });
  }

  bool receive() {
    RouterMessage message;
    const Recv got = recv_router(router_, message, counters_);
    if (guard_ && got == Recv::kNothing) guard_->read_all();
    if (got != Recv::kMessage) return got == Recv::kDropped;
    if (guard_) guard_->saw(message.rid, message.fd, message.payload.size());
    last_ = {message.rid, message.fd, std::string(message.user_id), std::string(message.peer_address()),
             Bytes(message.bytes())};
    ++received_;
    return true;
  }

  zmq::socket_t dealer(const CurvePair& pair, ByteView server_key, SocketLimits limits = {}) {
    DealerOptions options;
    options.limits = limits;
    auto socket = std::move(make_client_dealer(ctx_, pair, server_key, options)).value();
    EXPECT_TRUE(connect_socket(socket, endpoint_));
    return socket;
  }

  // Sends `text`. Tries again while the link is not up yet, which is kFull.
  void send(zmq::socket_t& socket, const std::string& text) {
    until([&] { return send_one(socket, ByteView(text)) == SendResult::kSent; });
  }

  void until(const std::function<bool()>& done) {
    while (!done()) loop_.run_once(1'000);
  }

  struct Last {
    uint64_t rid;
    int fd;
    std::string user_id, address;
    Bytes payload;
  };

  zmq::context_t ctx_;
  Loop loop_;
  CurvePair server_ = make_curve_pair(), cluster_ = make_curve_pair(), client_ = make_curve_pair();
  std::unique_ptr<ZapHandler> zap_;
  zmq::socket_t router_;
  std::unique_ptr<Guard> guard_;
  std::string endpoint_;
  RecvCounters counters_;
  Last last_{};
  int received_ = 0;
  std::set<uint64_t> gone_;
};

// Opens a bare TCP connection to `endpoint` from 127.0.0.1.
inline int raw_connection(const std::string& endpoint) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<uint16_t>(std::stoi(endpoint.substr(endpoint.rfind(':') + 1))));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  return fd;
}

inline bool closed_by_peer(int fd) {
  char buffer[256];
  for (;;) {
    const ssize_t got = recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (got > 0) continue;
    return got == 0 || (errno != EAGAIN && errno != EINTR);
  }
}

}  // namespace fastchat
