// Real sockets over 127.0.0.1: CURVE handshakes admitted and refused, routing, the guard at work.
#include "common/socket.h"

#include <gtest/gtest.h>
#include <linux/tcp.h>

#include <string>

#include "common/link_meter.h"
#include "common/monitor.h"
#include "tests/common/socket_fixture.h"

namespace fastchat {
namespace {

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

// The guard counts the data received from a connection in bytes, and the data read from it in frames.
TEST_F(SocketTest, AFrameTakesAsManyBytesAsTheGuardThinks) {
  listen(std::move(make_client_router(ctx_, server_, "clients", {})).value());
  auto socket = dealer(client_, server_.public_key);
  send(socket, "hello");
  until([&] { return received_ == 1; });
  const auto taken = [&] {
    tcp_info info{};
    socklen_t size = sizeof info;
    EXPECT_EQ(getsockopt(last_.fd, IPPROTO_TCP, TCP_INFO, &info, &size), 0);
    return static_cast<int64_t>(info.tcpi_bytes_received);
  };
  for (const size_t size : {0, 1, 222, 223, 70'000}) {
    const int64_t before = taken();
    const int received = received_;
    send(socket, std::string(size, 'x'));
    until([&] { return received_ == received + 1; });
    EXPECT_EQ(taken() - before, wire_bytes(size)) << size;
  }
}

// libzmq's own heartbeats are off (see DealerOptions), so TCP has to detect machines that are gone.
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

// A late frame of a past connection comes when a new connection already has its descriptor.
TEST_F(SocketTest, ALateFrameIsNotTakenForOneOfTheNewConnection) {
  GuardLimits limits;
  listen(std::move(make_client_router(ctx_, server_, "clients", {})).value(), &limits);
  auto socket = dealer(client_, server_.public_key);
  send(socket, "hello");
  until([&] { return received_ == 1; });
  const uint64_t past = last_.rid - 1;
  EXPECT_FALSE(guard_->saw(past, last_.fd, 10));
  EXPECT_FALSE(guard_->saw(last_.rid, last_.fd, 10));
  EXPECT_FALSE(guard_->saw(past, last_.fd, 10));
  until([&] { return gone_.contains(past); });
  EXPECT_FALSE(gone_.contains(last_.rid));
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
  // More than the kernel buffers of both ends hold.
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
