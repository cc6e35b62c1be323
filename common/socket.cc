#include "common/socket.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "common/check.h"

namespace fastchat {
namespace {

constexpr size_t kRoutingIdSize = 5;  // libzmq's own ids: a zero byte and 32 bits
constexpr int kBacklog = 4096;
// ZMQ_ZAP_ENFORCE_DOMAIN: 4.3.4 obeys the option, but its header defines the name with the draft API only.
constexpr int kZapEnforceDomain = 93;
// A copy of fewer bytes is cheaper than the allocation that the hand-over needs.
constexpr size_t kHandOverBytes = 512;

// The bytes that CURVE adds to each frame (RFC 26): command name 8, nonce 8, MAC 16, flags 1. libzmq compares the
// sealed size.
constexpr int64_t kCurveOverhead = 33;

template <class F>
Result<zmq::socket_t> make(zmq::context_t& ctx, zmq::socket_type type, F set_up) {
  try {
    zmq::socket_t socket(ctx, type);
    socket.set(zmq::sockopt::linger, 0);
    set_up(socket);
    return socket;
  } catch (const zmq::error_t& e) {
    return err(Code::kInternal, std::string("cannot make a socket: ") + e.what());
  }
}

void set_keepalive(zmq::socket_t& s, int idle_s) {
  constexpr int kQuestions = 3;
  const int every_s = std::max(idle_s / kQuestions, 1);
  s.set(zmq::sockopt::tcp_keepalive, 1);
  s.set(zmq::sockopt::tcp_keepalive_idle, idle_s);
  s.set(zmq::sockopt::tcp_keepalive_intvl, every_s);
  s.set(zmq::sockopt::tcp_keepalive_cnt, kQuestions);
  s.set(zmq::sockopt::tcp_maxrt, (idle_s + kQuestions * every_s) * 1000);
}

void set_limits(zmq::socket_t& s, const SocketLimits& limits) {
  s.set(zmq::sockopt::maxmsgsize, limits.max_message_bytes + kCurveOverhead);
  s.set(zmq::sockopt::sndhwm, limits.send_hwm);
  s.set(zmq::sockopt::rcvhwm, limits.recv_hwm);
  s.set(zmq::sockopt::handshake_ivl, limits.handshake_ms);
  set_keepalive(s, limits.keepalive_s);
  s.set(zmq::sockopt::ipv6, limits.ipv6);
}

// cppzmq passes strings with their length: 32 bytes are a raw key.
void set_server(zmq::socket_t& s, const CurvePair& pair, const std::string& zap_domain, const SocketLimits& limits) {
  set_limits(s, limits);
  s.set(zmq::sockopt::backlog, kBacklog);
  s.set(zmq::sockopt::curve_server, true);
  s.set(zmq::sockopt::curve_secretkey, pair.secret_key);
  s.set(zmq::sockopt::zap_domain, zap_domain);
  const int yes = 1;
  if (zmq_setsockopt(s.handle(), kZapEnforceDomain, &yes, sizeof yes) != 0) throw zmq::error_t();
}

void set_client(zmq::socket_t& s, const CurvePair& pair, ByteView server_key) {
  s.set(zmq::sockopt::curve_serverkey, Bytes(server_key));
  s.set(zmq::sockopt::curve_publickey, pair.public_key);
  s.set(zmq::sockopt::curve_secretkey, pair.secret_key);
}

void set_dealer(zmq::socket_t& s, const DealerOptions& o) {
  set_limits(s, o.limits);
  s.set(zmq::sockopt::immediate, true);
  s.set(zmq::sockopt::connect_timeout, o.connect_timeout_ms);
  s.set(zmq::sockopt::reconnect_ivl, o.reconnect ? o.reconnect_ms : -1);
  if (o.reconnect) s.set(zmq::sockopt::reconnect_ivl_max, o.reconnect_max_ms);
}

Result<zmq::socket_t> make_router(zmq::context_t& ctx, const CurvePair& pair, const std::string& zap_domain,
                                  const SocketLimits& limits) {
  return make(ctx, zmq::socket_type::router, [&](zmq::socket_t& s) {
    set_server(s, pair, zap_domain, limits);
    s.set(zmq::sockopt::router_mandatory, true);
  });
}

Result<zmq::socket_t> make_dealer(zmq::context_t& ctx, const CurvePair& pair, ByteView server_key,
                                  const DealerOptions& o) {
  return make(ctx, zmq::socket_type::dealer, [&](zmq::socket_t& s) {
    set_dealer(s, o);
    set_client(s, pair, server_key);
  });
}

Recv drop_rest(zmq::socket_t& socket, zmq::message_t& part, uint64_t& counter) {
  ++counter;
  while (part.more() && receive_part(socket, part)) {
  }
  return Recv::kDropped;
}

SendResult send_part(zmq::socket_t& socket, zmq::message_t& part, int flags) {
  while (zmq_msg_send(part.handle(), socket.handle(), flags | ZMQ_DONTWAIT) < 0) {
    const int cause = zmq_errno();
    if (cause == EAGAIN) return SendResult::kFull;
    if (cause != EINTR) return SendResult::kGone;
  }
  return SendResult::kSent;
}

SendResult send_routing_id(zmq::socket_t& router, uint64_t rid) {
  char id[kRoutingIdSize] = {0, static_cast<char>(rid >> 24), static_cast<char>(rid >> 16), static_cast<char>(rid >> 8),
                             static_cast<char>(rid)};
  zmq::message_t part(id, sizeof id);
  return send_part(router, part, ZMQ_SNDMORE);
}

// Returns a message that owns the string's memory. libzmq frees the memory on its thread.
zmq::message_t hand_over(std::string&& payload) {
  auto* owned = new std::string(std::move(payload));
  return zmq::message_t(
      owned->data(), owned->size(), [](void*, void* hint) { delete static_cast<std::string*>(hint); }, owned);
}

const char* property(const zmq::message_t& message, const char* name) {
  return zmq_msg_gets(message.handle(), name);
}

}  // namespace

bool receive_part(zmq::socket_t& socket, zmq::message_t& part) {
  while (zmq_msg_recv(part.handle(), socket.handle(), ZMQ_DONTWAIT) < 0) {
    if (zmq_errno() != EINTR) return false;
  }
  return true;
}

Result<zmq::socket_t> make_client_router(zmq::context_t& ctx, const CurvePair& pair, const std::string& zap_domain,
                                         const SocketLimits& limits) {
  FC_CHECK(limits.recv_hwm == 0);
  return make_router(ctx, pair, zap_domain, limits);
}

Result<zmq::socket_t> make_control_router(zmq::context_t& ctx, const CurvePair& cluster, const std::string& zap_domain,
                                          const SocketLimits& limits) {
  return make_router(ctx, cluster, zap_domain, limits);
}

Result<zmq::socket_t> make_control_dealer(zmq::context_t& ctx, const CurvePair& cluster, ByteView server_key,
                                          const DealerOptions& options) {
  return make_dealer(ctx, cluster, server_key, options);
}

Result<zmq::socket_t> make_bus_pub(zmq::context_t& ctx, const CurvePair& cluster, const std::string& zap_domain,
                                   const SocketLimits& limits) {
  return make(ctx, zmq::socket_type::pub, [&](zmq::socket_t& s) { set_server(s, cluster, zap_domain, limits); });
}

Result<zmq::socket_t> make_bus_sub(zmq::context_t& ctx, const CurvePair& cluster, const SocketLimits& limits) {
  return make(ctx, zmq::socket_type::sub, [&](zmq::socket_t& s) {
    DealerOptions options;
    options.limits = limits;
    options.reconnect_max_ms = 1'000;
    set_dealer(s, options);
    set_client(s, cluster, cluster.public_key);
  });
}

Result<zmq::socket_t> make_client_dealer(zmq::context_t& ctx, const CurvePair& client, ByteView server_key,
                                         const DealerOptions& options) {
  return make_dealer(ctx, client, server_key, options);
}

bool needs_ipv6(std::string_view endpoint) {
  return endpoint.find('[') != endpoint.npos;
}

Result<std::string> bind_socket(zmq::socket_t& socket, const std::string& endpoint) {
  try {
    if (needs_ipv6(endpoint)) socket.set(zmq::sockopt::ipv6, true);
    socket.bind(endpoint);
    return socket.get(zmq::sockopt::last_endpoint);
  } catch (const zmq::error_t& e) {
    return err(Code::kInternal, "cannot listen on " + endpoint + ": " + e.what());
  }
}

Result<> connect_socket(zmq::socket_t& socket, const std::string& endpoint) {
  try {
    if (needs_ipv6(endpoint)) socket.set(zmq::sockopt::ipv6, true);
    socket.connect(endpoint);
    return Unit{};
  } catch (const zmq::error_t& e) {
    return err(Code::kInternal, "cannot connect to " + endpoint + ": " + e.what());
  }
}

void subscribe(zmq::socket_t& sub, ByteView prefix) {
  sub.set(zmq::sockopt::subscribe, Bytes(prefix));
}

std::string_view RouterMessage::peer_address() const {
  const char* address = property(payload, "Peer-Address");
  return address == nullptr ? std::string_view() : std::string_view(address);
}

Recv recv_router(zmq::socket_t& router, RouterMessage& out, RecvCounters& counters) {
  if (!receive_part(router, out.payload)) return Recv::kNothing;
  const auto* id = static_cast<const char*>(out.payload.data());
  const bool ours = out.payload.size() == kRoutingIdSize && id[0] == 0;
  if (ours) out.rid = get_u32(id + 1);
  if (!out.payload.more()) return drop_rest(router, out.payload, counters.bad_parts);
  if (!receive_part(router, out.payload)) return Recv::kNothing;
  if (!ours) return drop_rest(router, out.payload, counters.bad_routing_id);
  if (out.payload.more()) return drop_rest(router, out.payload, counters.bad_parts);
  const char* user_id = property(out.payload, "User-Id");
  out.user_id = user_id == nullptr ? std::string_view() : std::string_view(user_id);
  out.fd = zmq_msg_get(out.payload.handle(), ZMQ_SRCFD);
  return Recv::kMessage;
}

Recv recv_one(zmq::socket_t& socket, zmq::message_t& out, RecvCounters& counters) {
  if (!receive_part(socket, out)) return Recv::kNothing;
  return out.more() ? drop_rest(socket, out, counters.bad_parts) : Recv::kMessage;
}

SendResult send_router(zmq::socket_t& router, uint64_t rid, ByteView payload) {
  if (const SendResult head = send_routing_id(router, rid); head != SendResult::kSent) return head;
  zmq::message_t part(payload.data(), payload.size());
  return send_part(router, part, 0);
}

SendResult send_router(zmq::socket_t& router, uint64_t rid, std::string&& payload) {
  if (payload.size() < kHandOverBytes) return send_router(router, rid, ByteView(payload));
  // The send of the routing id decides (ROUTER_MANDATORY). After that, libzmq always accepts the body.
  if (const SendResult head = send_routing_id(router, rid); head != SendResult::kSent) return head;
  zmq::message_t part = hand_over(std::move(payload));
  return send_part(router, part, 0);
}

SendResult send_one(zmq::socket_t& socket, ByteView payload) {
  zmq::message_t part(payload.data(), payload.size());
  return send_part(socket, part, 0);
}

SendResult send_one(zmq::socket_t& socket, std::string&& payload) {
  if (payload.size() < kHandOverBytes) return send_one(socket, ByteView(payload));
  // Keep the owner of the memory, to restore `payload` when the message is not sent.
  auto* owned = new std::string(std::move(payload));
  zmq::message_t part(
      owned->data(), owned->size(), [](void*, void* hint) { delete static_cast<std::string*>(hint); }, owned);
  const SendResult result = send_part(socket, part, 0);
  if (result != SendResult::kSent) payload = *owned;
  return result;
}

// libzmq stores the bytes of a very small message in the message itself, so a move changes their address.
HeldBytes hold(zmq::message_t& message, ByteView part) {
  constexpr size_t kSmall = 64;
  if (message.size() <= kSmall) return HeldBytes(Bytes(part));
  return {part, std::make_unique<const zmq::message_t>(std::move(message))};
}

}  // namespace fastchat
