// Real sockets over 127.0.0.1: CURVE handshakes admitted and refused, routing, the guard at work.
#include "common/socket.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <set>
#include <string>

#include "common/clock.h"
#include "common/guard.h"
#include "common/link_meter.h"
#include "common/loop.h"
#include "common/monitor.h"
#include "common/random.h"
#include "common/zap.h"

namespace fastchat {
namespace {

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
    if (guard_) guard_->saw(message.rid, message.fd);
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

  // Sending on a link that is not up yet is kFull.
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

TEST_F(SocketTest, AFrameCarriesTheKeyThatSentIt) {
  listen(std::move(make_client_router(ctx_, server_, "clients", {})).value());
  auto socket = dealer(client_, server_.public_key);
  send(socket, "hello");
  until([&] { return received_ == 1; });
  EXPECT_EQ(last_.user_id, to_base64url(client_.public_key));
  EXPECT_EQ(last_.address, "127.0.0.1");
  EXPECT_EQ(last_.payload, "hello");
  EXPECT_GE(last_.fd, 0);

  std::string big(100'000, 'b');
  EXPECT_EQ(send_router(router_, last_.rid, std::move(big)), SendResult::kSent);
  EXPECT_EQ(send_router(router_, last_.rid, ByteView("small")), SendResult::kSent);
  zmq::message_t message;
  until([&] { return recv_one(socket, message, counters_) == Recv::kMessage; });
  EXPECT_EQ(message.to_string(), std::string(100'000, 'b'));
  until([&] { return recv_one(socket, message, counters_) == Recv::kMessage; });
  EXPECT_EQ(message.to_string(), "small");
}

// libzmq's own heartbeats are off (see DealerOptions), so TCP finds out about machines that are gone.
TEST_F(SocketTest, EveryTcpSocketAsksASilentPeer) {
  const auto asks = [](zmq::socket_t socket) {
    EXPECT_EQ(socket.get(zmq::sockopt::heartbeat_ivl), 0);
    EXPECT_EQ(socket.get(zmq::sockopt::tcp_keepalive), 1);
    EXPECT_EQ(socket.get(zmq::sockopt::tcp_keepalive_cnt), 3);
    EXPECT_EQ(socket.get(zmq::sockopt::tcp_keepalive_idle), 9);
    EXPECT_EQ(socket.get(zmq::sockopt::tcp_keepalive_intvl), 3);
    EXPECT_EQ(socket.get(zmq::sockopt::tcp_maxrt), 18'000);
  };
  SocketLimits limits;
  limits.keepalive_s = 9;
  DealerOptions options;
  options.limits = limits;
  asks(std::move(make_client_router(ctx_, server_, "clients", limits)).value());
  asks(std::move(make_control_router(ctx_, cluster_, "cluster", limits)).value());
  asks(std::move(make_bus_pub(ctx_, cluster_, "cluster", limits)).value());
  asks(std::move(make_bus_sub(ctx_, cluster_, limits)).value());
  asks(std::move(make_control_dealer(ctx_, cluster_, cluster_.public_key, options)).value());
  asks(std::move(make_client_dealer(ctx_, client_, server_.public_key, options)).value());
}

TEST_F(SocketTest, AnotherKeyThanTheClustersIsRefused) {
  listen(std::move(make_control_router(ctx_, cluster_, "cluster", {})).value());
  auto stranger = dealer(client_, cluster_.public_key);
  until([&] { return zap_->counters().refused > 0; });
  auto member = dealer(cluster_, cluster_.public_key);
  send(member, "hello");
  until([&] { return received_ == 1; });
  EXPECT_EQ(last_.user_id, "cluster");
  EXPECT_EQ(send_one(stranger, ByteView("x")), SendResult::kFull);
}

TEST_F(SocketTest, ADomainWithoutPolicyAdmitsNobody) {
  listen(std::move(make_client_router(ctx_, server_, "unheard", {})).value());
  auto socket = dealer(client_, server_.public_key);
  until([&] { return zap_->counters().refused > 0; });
  EXPECT_EQ(zap_->counters().admitted, 0u);
}

TEST_F(SocketTest, WithoutAZapHandlerNobodyIsAdmitted) {
  zmq::context_t other;
  auto router = std::move(make_client_router(other, server_, "clients", {})).value();
  auto monitor = std::move(Monitor::start(other, router)).value();
  endpoint_ = bind_socket(router, "tcp://127.0.0.1:*").value();
  auto socket = dealer(client_, server_.public_key);
  bool failed = false;
  until([&] {
    while (auto event = monitor.next()) {
      EXPECT_NE(event->kind, MonitorEvent::Kind::kHandshakeSucceeded);
      failed = failed || event->kind == MonitorEvent::Kind::kHandshakeFailed;
    }
    return failed;
  });
}

TEST_F(SocketTest, AWrongServerKeyGetsNoLink) {
  listen(std::move(make_client_router(ctx_, server_, "clients", {})).value());
  auto monitor_socket = std::move(make_client_dealer(ctx_, client_, make_curve_pair().public_key, {})).value();
  auto monitor = std::move(Monitor::start(ctx_, monitor_socket)).value();
  ASSERT_TRUE(connect_socket(monitor_socket, endpoint_));
  bool ended = false;
  until([&] {
    while (auto event = monitor.next()) {
      EXPECT_NE(event->kind, MonitorEvent::Kind::kHandshakeSucceeded);
      ended = ended || event->kind == MonitorEvent::Kind::kDisconnected;
    }
    return ended;
  });
}

TEST_F(SocketTest, ChosenRoutingIdsAndExtraPartsAreDroppedAndCounted) {
  listen(std::move(make_client_router(ctx_, server_, "clients", {})).value());
  auto chosen = std::move(make_client_dealer(ctx_, client_, server_.public_key, {})).value();
  chosen.set(zmq::sockopt::routing_id, "mine");
  ASSERT_TRUE(connect_socket(chosen, endpoint_));
  send(chosen, "x");
  until([&] { return counters_.bad_routing_id == 1; });
  auto many = dealer(client_, server_.public_key);
  send(many, "one part");
  for (int i = 0; i < 3; ++i) zmq_send(many.handle(), "p", 1, i < 2 ? ZMQ_SNDMORE : 0);
  send(many, "one part again");
  until([&] { return received_ == 2; });
  EXPECT_EQ(counters_.bad_parts, 1u);
  EXPECT_EQ(last_.payload, "one part again");
}

TEST_F(SocketTest, AFrameOfExactlyTheLimitPassesAndOneByteMoreEndsTheLink) {
  SocketLimits limits;
  limits.max_message_bytes = 1000;
  listen(std::move(make_client_router(ctx_, server_, "clients", limits)).value());
  auto fits = dealer(client_, server_.public_key);
  send(fits, std::string(1000, 'x'));
  until([&] { return received_ == 1; });
  EXPECT_EQ(last_.payload.size(), 1000u);

  auto monitor = std::move(Monitor::start(ctx_, fits)).value();
  send(fits, std::string(1001, 'x'));
  bool ended = false;
  until([&] {
    while (auto event = monitor.next()) ended = ended || event->kind == MonitorEvent::Kind::kDisconnected;
    return ended;
  });
  EXPECT_EQ(received_, 1);
}

TEST_F(SocketTest, SendingToNobodyIsGone) {
  listen(std::move(make_client_router(ctx_, server_, "clients", {})).value());
  EXPECT_EQ(send_router(router_, 12345, ByteView("x")), SendResult::kGone);
  auto socket = std::make_unique<zmq::socket_t>(dealer(client_, server_.public_key));
  send(*socket, "hello");
  until([&] { return received_ == 1; });
  socket.reset();
  until([&] { return send_router(router_, last_.rid, ByteView("x")) == SendResult::kGone; });
}

TEST_F(SocketTest, AFullPeerIsFullAndTheMessageStaysTheSenders) {
  SocketLimits small;
  small.send_hwm = 2;
  listen(std::move(make_client_router(ctx_, server_, "clients", small)).value());
  SocketLimits tiny;
  tiny.recv_hwm = 1;
  auto socket = dealer(client_, server_.public_key, tiny);
  send(socket, "hello");
  until([&] { return received_ == 1; });
  std::string payload;
  SendResult result = SendResult::kSent;
  until([&] {
    payload.assign(200'000, 'y');
    result = send_router(router_, last_.rid, std::move(payload));
    return result != SendResult::kSent;
  });
  EXPECT_EQ(result, SendResult::kFull);
  EXPECT_EQ(payload.size(), 200'000u);
}

TEST_F(SocketTest, TheBusCarriesTopicsBetweenMembers) {
  auto pub = std::move(make_bus_pub(ctx_, cluster_, "cluster", {})).value();
  const std::string where = bind_socket(pub, "tcp://127.0.0.1:*").value();
  auto sub = std::move(make_bus_sub(ctx_, cluster_, {})).value();
  subscribe(sub, "abc");
  ASSERT_TRUE(connect_socket(sub, where));
  zmq::message_t message;
  until([&] {
    EXPECT_EQ(send_one(pub, ByteView("xyz-not-for-us")), SendResult::kSent);
    EXPECT_EQ(send_one(pub, ByteView("abc-for-us")), SendResult::kSent);
    return recv_one(sub, message, counters_) == Recv::kMessage;
  });
  EXPECT_EQ(message.to_string(), "abc-for-us");
}

TEST_F(SocketTest, TheGuardReportsAGonePeer) {
  const GuardLimits limits;
  listen(std::move(make_client_router(ctx_, server_, "clients", {})).value(), &limits);
  auto socket = std::make_unique<zmq::socket_t>(dealer(client_, server_.public_key));
  send(*socket, "hello");
  until([&] { return received_ == 1; });
  socket.reset();
  until([&] { return gone_.contains(last_.rid); });
}

TEST_F(SocketTest, TheGuardEndsAConnectionOnRequest) {
  GuardLimits limits;
  limits.linger_us = 1'000;
  listen(std::move(make_client_router(ctx_, server_, "clients", {})).value(), &limits);
  auto socket = dealer(client_, server_.public_key);
  send(socket, "hello");
  until([&] { return received_ == 1; });
  guard_->end(last_.rid);
  until([&] { return gone_.contains(last_.rid); });
}

// A bare TCP connection to `endpoint` from 127.0.0.1.
int raw_connection(const std::string& endpoint) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<uint16_t>(std::stoi(endpoint.substr(endpoint.rfind(':') + 1))));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  return fd;
}

bool closed_by_peer(int fd) {
  char buffer[256];
  for (;;) {
    const ssize_t got = recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (got > 0) continue;
    return got == 0 || (errno != EAGAIN && errno != EINTR);
  }
}

// libzmq itself never sends an unfinished message, so this peer speaks ZMTP 3.0 by hand (without CURVE: the guard
// counts bytes, whatever they are).
class EndlessTest : public SocketTest {
 protected:
  EndlessTest() {
    GuardLimits limits;
    limits.hello_us = 3'600'000'000;
    listen(zmq::socket_t(ctx_, zmq::socket_type::router), &limits);
    fd_ = raw_connection(endpoint_);
    const std::string greeting =
        "\xff" + std::string(8, '\0') + "\x7f\x03" + std::string(1, '\0') + "NULL" + std::string(48, '\0');
    const std::string ready = std::string(
        "\x04\x1c\x05READY\x0bSocket-Type\0\0\0\x06"
        "DEALER",
        30);
    say(greeting + ready);
    // libzmq takes no message before its own READY, which follows its greeting, left.
    size_t heard = 0;
    until([&] {
      char buffer[256];
      const ssize_t got = recv(fd_, buffer, sizeof buffer, MSG_DONTWAIT);
      if (got > 0) heard += static_cast<size_t>(got);
      return heard > 64;
    });
  }
  ~EndlessTest() override { close(fd_); }

  void say(const std::string& bytes) {
    EXPECT_EQ(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }
  // Parts of one message, until the guard has had enough.
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
  int fd_ = -1;
};

TEST_F(EndlessTest, TheGuardEndsAnEndlessMessage) {
  say(std::string("\0\x05hello", 7));
  until([&] { return received_ == 1; });
  send_parts_until_stalled();
  until([&] { return gone_.contains(last_.rid); });
  EXPECT_EQ(received_, 1);
}

TEST_F(EndlessTest, TheGuardEndsOneBeforeTheFirstMessage) {
  send_parts_until_stalled();
  EXPECT_EQ(received_, 0);
}

TEST_F(SocketTest, TheMeterKnowsWhatAPeerHasNotTaken) {
  listen(std::move(make_client_router(ctx_, server_, "clients", {})).value());
  SocketLimits small;
  small.recv_hwm = 1;
  auto socket = dealer(client_, server_.public_key, small);
  send(socket, "hello");
  until([&] { return received_ == 1; });
  LinkMeter meter;
  meter.saw(last_.rid, last_.fd);
  const Bytes frame(512 << 10, 'f');
  // More than both kernels hold.
  uint64_t sent = 0;
  for (; sent < 64; ++sent) {
    if (send_router(router_, last_.rid, frame) != SendResult::kSent) break;
    meter.sent(last_.rid, frame.size());
  }
  EXPECT_GT(meter.unsent(last_.rid), uint64_t{16} << 20);
  zmq::message_t taken;
  RecvCounters none;
  until([&] {
    if (recv_one(socket, taken, none) == Recv::kMessage) --sent;
    return sent == 0;
  });
  until([&] { return meter.unsent(last_.rid) < 1000; });
}

TEST_F(SocketTest, TheGuardEndsWhoSaysNothing) {
  GuardLimits limits;
  limits.hello_us = 1'000;
  listen(std::move(make_client_router(ctx_, server_, "clients", {})).value(), &limits);
  const int fd = raw_connection(endpoint_);
  until([&] { return closed_by_peer(fd); });
  close(fd);
  until([&] { return guard_->counters().no_hello == 1; });
}

TEST_F(SocketTest, TheGuardKeepsAnAddressToItsShare) {
  GuardLimits limits;
  limits.max_per_address = 2;
  listen(std::move(make_client_router(ctx_, server_, "clients", {})).value(), &limits);
  const int first = raw_connection(endpoint_), second = raw_connection(endpoint_), third = raw_connection(endpoint_);
  until([&] { return closed_by_peer(third); });
  EXPECT_FALSE(closed_by_peer(first));
  EXPECT_FALSE(closed_by_peer(second));
  for (int fd : {first, second, third}) close(fd);
}

TEST_F(SocketTest, ZapAnswersMalformedRequestsWithoutCrashing) {
  const Bytes key(32, 'k');
  const std::vector<std::string> good = {"1.0", "7", "clients", "127.0.0.1", "", "CURVE", key};
  EXPECT_EQ(zap_->decide(good).status, "200");
  EXPECT_EQ(zap_->decide(good).request_id, "7");
  EXPECT_EQ(zap_->decide(good).user_id, to_base64url(key));
  EXPECT_EQ(zap_->decide({}).status, "400");
  for (size_t i = 0; i < good.size(); ++i) {
    EXPECT_EQ(zap_->decide({good.begin(), good.begin() + static_cast<long>(i)}).status, "400");
  }
  for (const auto& [index, value] : std::vector<std::pair<size_t, std::string>>{{0, "2.0"},
                                                                                {2, "other"},
                                                                                {2, std::string(300, 'd')},
                                                                                {5, "PLAIN"},
                                                                                {5, "NULL"},
                                                                                {6, Bytes(31, 'k')},
                                                                                {6, ""}}) {
    auto bad = good;
    bad[index] = value;
    EXPECT_EQ(zap_->decide(bad).status, "400") << index << value;
  }
  auto long_one = good;
  long_one.push_back("extra");
  EXPECT_EQ(zap_->decide(long_one).status, "400");
}

TEST_F(SocketTest, ZapSurvivesAMalformedRequestOnItsSocket) {
  zmq::socket_t asker(ctx_, zmq::socket_type::req);
  asker.set(zmq::sockopt::linger, 0);
  asker.connect("inproc://zeromq.zap.01");
  zmq_send(asker.handle(), "nonsense", 8, 0);
  std::string reply;
  until([&] {
    zmq::message_t part;
    while (zmq_msg_recv(part.handle(), asker.handle(), ZMQ_DONTWAIT) >= 0) reply += part.to_string() + "|";
    return !reply.empty();
  });
  EXPECT_EQ(reply, "1.0||400||||");
  EXPECT_EQ(zap_->counters().malformed, 1u);
}

TEST_F(SocketTest, ConnectionsOutliveTheRenewalOfTheZapHandler) {
  listen(std::move(make_client_router(ctx_, server_, "clients", {})).value());
  std::vector<zmq::socket_t> peers;
  for (int i = 0; i < 20; ++i) {
    peers.push_back(dealer(make_curve_pair(), server_.public_key));
    send(peers.back(), "hello");
  }
  const auto everybody_again = [&](int expected) {
    for (auto& peer : peers) send(peer, "again");
    until([&] { return received_ == expected; });
    EXPECT_FALSE(last_.user_id.empty());
    EXPECT_EQ(send_router(router_, last_.rid, ByteView("answer")), SendResult::kSent);
  };
  until([&] { return received_ == 20; });
  zap_->renew();
  everybody_again(40);
  zap_->renew();  // the first socket is closed now
  everybody_again(60);
  peers.push_back(dealer(make_curve_pair(), server_.public_key));
  everybody_again(81);
  EXPECT_EQ(zap_->counters().admitted, 21u);
}

TEST_F(SocketTest, ASecondZapHandlerIsRefused) {
  EXPECT_FALSE(ZapHandler::open(ctx_));
}

TEST_F(SocketTest, APortInUseIsAClearError) {
  listen(std::move(make_client_router(ctx_, server_, "clients", {})).value());
  auto second = std::move(make_client_router(ctx_, server_, "clients", {})).value();
  const auto bound = bind_socket(second, endpoint_);
  ASSERT_FALSE(bound);
  EXPECT_NE(bound.error().text.find(endpoint_), std::string::npos);
}

}  // namespace
}  // namespace fastchat
