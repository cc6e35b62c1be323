// Hardened libzmq sockets and the few operations that we use on them. A socket lives and dies on the thread of the
// owner that made it (inproc ends may be handed to a thread before their first use there). Nothing here throws on peer
// data; making a socket fails only through the environment. seed_libc_rand() and a ZapHandler (zap.h) come before any
// router: servers' sockets have ZAP_ENFORCE_DOMAIN set and admit nobody without one.
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
  int64_t max_message_bytes = 1 << 20;  // of one frame; a peer that sends more is disconnected
  int send_hwm = 1000;                  // messages, per peer
  // Messages of a peer that wait unread before libzmq stops to read its connection; 0: any number. Only for peers with
  // the cluster's key, which send no pings: when a connection breaks that is not read, and a ping was among what had
  // been read of it, libzmq 4.3.4 aborts the program (out_event in stream_engine_base.cpp). Where strangers connect,
  // the guard bounds what waits.
  int recv_hwm = 0;
  int handshake_ms = 10'000;
  // TCP asks a silent peer after so long and gives up as long after that; a peer that takes nothing is waited for as
  // long as both. No heartbeats of libzmq: their timer aborts the program in the same place.
  int keepalive_s = 60;
  bool ipv6 = false;  // also set when the endpoint is an IPv6 literal, see needs_ipv6()
};

struct DealerOptions {
  SocketLimits limits;
  bool reconnect = true;   // false: libzmq gives up after the first disconnect, the owner makes a new socket
  int reconnect_ms = 200;  // first interval; doubles up to reconnect_max_ms
  int reconnect_max_ms = 5'000;
  int connect_timeout_ms = 10'000;
};

// Client link, server end: ROUTER with ROUTER_MANDATORY, CURVE server, ZAP domain, never a recv_hwm. Errors (all of
// these): kInternal.
Result<zmq::socket_t> make_client_router(zmq::context_t& ctx, const CurvePair& pair, const std::string& zap_domain,
                                         const SocketLimits& limits);
// Control link, broker end. As above; the pair is the cluster's.
Result<zmq::socket_t> make_control_router(zmq::context_t& ctx, const CurvePair& cluster, const std::string& zap_domain,
                                          const SocketLimits& limits);
// Control link, worker end: the cluster's pair on both sides unless the broker has another server key.
Result<zmq::socket_t> make_control_dealer(zmq::context_t& ctx, const CurvePair& cluster, ByteView server_key,
                                          const DealerOptions& options);
// The bus. The SUB subscribes to nothing yet; connect_socket() it to every peer's PUB. A PUB drops for a peer that is
// slower than send_hwm messages.
Result<zmq::socket_t> make_bus_pub(zmq::context_t& ctx, const CurvePair& cluster, const std::string& zap_domain,
                                   const SocketLimits& limits);
Result<zmq::socket_t> make_bus_sub(zmq::context_t& ctx, const CurvePair& cluster, const SocketLimits& limits);
// Client link, client end: DEALER with ZMQ_IMMEDIATE (sending while disconnected is kFull, nothing queues for a link
// that is not there).
Result<zmq::socket_t> make_client_dealer(zmq::context_t& ctx, const CurvePair& client, ByteView server_key,
                                         const DealerOptions& options);

// Binds and answers the endpoint as bound (port 0 becomes a number). kInternal names the endpoint and the cause.
Result<std::string> bind_socket(zmq::socket_t& socket, const std::string& endpoint);
Result<> connect_socket(zmq::socket_t& socket, const std::string& endpoint);
bool needs_ipv6(std::string_view endpoint);

// A topic prefix for a SUB; sent to every publisher.
void subscribe(zmq::socket_t& sub, ByteView prefix);

struct RecvCounters {
  uint64_t bad_routing_id = 0;  // messages of a peer that chose its own routing id
  uint64_t bad_parts = 0;       // messages of more or fewer parts than our protocol's
};

enum class Recv {
  kMessage,
  kNothing,  // would block: come back when the loop says readable
  kDropped,  // one was there and was dropped and counted; try the next
};

// A message that a ROUTER received. The views are valid until `payload` is received into or destroyed.
struct RouterMessage {
  uint64_t rid = 0;          // libzmq's routing id; means the connection, never reused within 2^32 connections
  std::string_view user_id;  // the ZAP policy's answer for the peer's key; empty without ZAP
  int fd = -1;               // the connection's descriptor (ZMQ_SRCFD), for the guard; may already belong to another
  zmq::message_t payload;

  ByteView bytes() const { return {static_cast<const char*>(payload.data()), payload.size()}; }
  // The peer's IP address without port; empty when unknown.
  std::string_view peer_address() const;
};

// Receives one part of a message without blocking; false when there is none.
bool receive_part(zmq::socket_t& socket, zmq::message_t& part);

// Exactly two parts, the first a routing id that libzmq made: anything else is drained, counted and kDropped.
Recv recv_router(zmq::socket_t& router, RouterMessage& out, RecvCounters& counters);

// One single-part message (DEALER, SUB, PAIR); more parts are drained, counted and kDropped.
Recv recv_one(zmq::socket_t& socket, zmq::message_t& out, RecvCounters& counters);

enum class SendResult {
  kSent,
  kFull,  // EAGAIN: the peer's queue is full, or nobody is connected; not sent
  kGone,  // EHOSTUNREACH: no such peer (any more), or the context ends; not sent
};

// Never blocks. The string&& forms hand the memory to libzmq without a copy (only when kSent; else `payload` is
// intact).
SendResult send_router(zmq::socket_t& router, uint64_t rid, ByteView payload);
SendResult send_router(zmq::socket_t& router, uint64_t rid, std::string&& payload);
SendResult send_one(zmq::socket_t& socket, ByteView payload);
SendResult send_one(zmq::socket_t& socket, std::string&& payload);

inline ByteView bytes_of(const zmq::message_t& m) {
  return {static_cast<const char*>(m.data()), m.size()};
}

// `part` of `message`, for as long as it is held. `message` is empty afterwards, but for one that is very small.
HeldBytes hold(zmq::message_t& message, ByteView part);

}  // namespace fastchat
