// Hardened libzmq sockets and the few operations of FastChat on them. A socket lives and dies on the thread of the
// owner that made it (inproc ends may be handed to a thread before their first use there). Nothing here throws on peer
// data; making a socket fails only through the environment. Call seed_libc_rand() and make a ZapHandler (zap.h) before
// any router: servers' sockets have ZAP_ENFORCE_DOMAIN set and admit nobody without a handler.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <zmq.hpp>

#include "common/bytes.h"
#include "common/curve.h"
#include "common/held.h"
#include "common/result.h"

namespace fastchat {

inline constexpr int kClusterKeepaliveS = 3;  // of links between brokers and workers

struct SocketLimits {
  int64_t max_message_bytes = 1 << 20;  // of one frame; libzmq disconnects a peer that sends more
  int send_hwm = 1000;                  // messages, per peer
  // Messages of a peer that wait unread before libzmq stops reading its connection; 0: any number. Only for peers with
  // the cluster's key, which send no pings. libzmq 4.3.4 aborts the program (out_event in stream_engine_base.cpp) when
  // a connection breaks that is not being read, and the bytes read before included a ping. Where strangers connect, the
  // guard bounds the waiting messages.
  int recv_hwm = 0;
  int handshake_ms = 10'000;
  // TCP probes a silent peer after this many seconds and gives up as many seconds later. A peer that accepts no data is
  // dropped after twice this time. No heartbeats of libzmq: their timer aborts the program in the same place.
  int keepalive_s = 60;
  bool ipv6 = false;  // also set when the endpoint is an IPv6 literal, see needs_ipv6()
};

struct DealerOptions {
  SocketLimits limits;
  bool reconnect = true;   // false: libzmq gives up after the first disconnect, and the owner makes a new socket
  int reconnect_ms = 200;  // first interval; doubles up to reconnect_max_ms
  int reconnect_max_ms = 5'000;
  int connect_timeout_ms = 10'000;
};

// Makes the server end of the client link: ROUTER with ROUTER_MANDATORY, CURVE server, ZAP domain, never a recv_hwm.
// All make_ functions fail with kInternal.
Result<zmq::socket_t> make_client_router(zmq::context_t& ctx, const CurvePair& pair, const std::string& zap_domain,
                                         const SocketLimits& limits);
// Makes the broker end of the control link. As above; the pair is the cluster's.
Result<zmq::socket_t> make_control_router(zmq::context_t& ctx, const CurvePair& cluster, const std::string& zap_domain,
                                          const SocketLimits& limits);
// Makes the worker end of the control link: the cluster's pair on both sides unless the broker has another server key.
Result<zmq::socket_t> make_control_dealer(zmq::context_t& ctx, const CurvePair& cluster, ByteView server_key,
                                          const DealerOptions& options);
// Make the ends of the bus. The SUB subscribes to nothing yet; connect_socket() connects it to every peer's PUB. A PUB
// drops messages for a peer that has send_hwm messages waiting.
Result<zmq::socket_t> make_bus_pub(zmq::context_t& ctx, const CurvePair& cluster, const std::string& zap_domain,
                                   const SocketLimits& limits);
Result<zmq::socket_t> make_bus_sub(zmq::context_t& ctx, const CurvePair& cluster, const SocketLimits& limits);
// Makes the client end of the client link: DEALER with ZMQ_IMMEDIATE. Sending while disconnected returns kFull: nothing
// queues for a link that is not there.
Result<zmq::socket_t> make_client_dealer(zmq::context_t& ctx, const CurvePair& client, ByteView server_key,
                                         const DealerOptions& options);

// Binds and returns the endpoint as bound (port 0 becomes a number). Fails with kInternal, naming the endpoint and the
// cause.
Result<std::string> bind_socket(zmq::socket_t& socket, const std::string& endpoint);
Result<> connect_socket(zmq::socket_t& socket, const std::string& endpoint);
bool needs_ipv6(std::string_view endpoint);

// Subscribes a SUB to a topic prefix, which is sent to every publisher.
void subscribe(zmq::socket_t& sub, ByteView prefix);

struct RecvCounters {
  uint64_t bad_routing_id = 0;  // messages of a peer that chose its own routing id
  uint64_t bad_parts = 0;       // messages with more or fewer parts than the protocol's
};

enum class Recv {
  kMessage,
  kNothing,  // would block: try again when the loop reports the socket readable
  kDropped,  // a message was dropped and counted; try the next
};

// A message that a ROUTER received. The views are valid until `payload` is received into or destroyed.
struct RouterMessage {
  uint64_t rid = 0;          // libzmq's routing id of the connection, never reused within 2^32 connections
  std::string_view user_id;  // the ZAP policy's User-Id for the peer's key; empty without ZAP
  int fd = -1;               // the connection's descriptor (ZMQ_SRCFD), for the guard; may already belong to another
  zmq::message_t payload;

  ByteView bytes() const { return {static_cast<const char*>(payload.data()), payload.size()}; }
  // Returns the peer's IP address without port; empty when unknown.
  std::string_view peer_address() const;
};

// Receives one part of a message without blocking. Returns false when there is none.
bool receive_part(zmq::socket_t& socket, zmq::message_t& part);

// Receives exactly two parts, the first a routing id that libzmq made. Drains and counts any other message as kDropped.
Recv recv_router(zmq::socket_t& router, RouterMessage& out, RecvCounters& counters);

// Receives one single-part message (DEALER, SUB, PAIR). Drains and counts a message of more parts as kDropped.
Recv recv_one(zmq::socket_t& socket, zmq::message_t& out, RecvCounters& counters);

enum class SendResult {
  kSent,
  kFull,  // EAGAIN: the peer's queue is full, or no peer is connected; not sent
  kGone,  // EHOSTUNREACH: the peer does not exist (any more), or the context ends; not sent
};

// Send without blocking. The string&& forms hand the memory to libzmq without a copy when they return kSent; otherwise
// `payload` is intact.
SendResult send_router(zmq::socket_t& router, uint64_t rid, ByteView payload);
SendResult send_router(zmq::socket_t& router, uint64_t rid, std::string&& payload);
SendResult send_one(zmq::socket_t& socket, ByteView payload);
SendResult send_one(zmq::socket_t& socket, std::string&& payload);

inline ByteView bytes_of(const zmq::message_t& m) {
  return {static_cast<const char*>(m.data()), m.size()};
}

// Holds `part` of `message`. `message` is empty afterwards, unless it is very small.
HeldBytes hold(zmq::message_t& message, ByteView part);

}  // namespace fastchat
