#include "common/monitor.h"

#include <cerrno>
#include <cstring>

#include "common/bytes.h"
#include "common/random.h"
#include "common/socket.h"

namespace fastchat {
namespace {

using Kind = MonitorEvent::Kind;

constexpr int kEvents = ZMQ_EVENT_ALL;

std::optional<Kind> kind_of(uint16_t event) {
  switch (event) {
    case ZMQ_EVENT_ACCEPTED:
      return Kind::kAccepted;
    case ZMQ_EVENT_DISCONNECTED:
      return Kind::kDisconnected;
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
      return Kind::kHandshakeSucceeded;
    case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
      return Kind::kHandshakeFailed;
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
      return Kind::kHandshakeProtocol;
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
      return Kind::kHandshakeAuth;
    case ZMQ_EVENT_CONNECTED:
      return Kind::kConnected;
    case ZMQ_EVENT_CONNECT_DELAYED:
      return Kind::kConnectDelayed;
    case ZMQ_EVENT_CONNECT_RETRIED:
      return Kind::kConnectRetried;
    case ZMQ_EVENT_CLOSED:
      return Kind::kClosed;
    case ZMQ_EVENT_ACCEPT_FAILED:
      return Kind::kAcceptFailed;
    case ZMQ_EVENT_MONITOR_STOPPED:
      return Kind::kStopped;
    default:
      return std::nullopt;
  }
}

}  // namespace

Result<Monitor> Monitor::start(zmq::context_t& ctx, zmq::socket_t& socket) {
  const std::string endpoint = "inproc://monitor-" + to_hex(random_bytes(16));
  if (zmq_socket_monitor(socket.handle(), endpoint.c_str(), kEvents) != 0) {
    return err(Code::kInternal, std::string("cannot monitor a socket: ") + zmq_strerror(zmq_errno()));
  }
  try {
    zmq::socket_t pair(ctx, zmq::socket_type::pair);
    pair.set(zmq::sockopt::linger, 0);
    pair.set(zmq::sockopt::rcvhwm, 0);
    pair.connect(endpoint);
    return Monitor(std::move(pair));
  } catch (const zmq::error_t& e) {
    zmq_socket_monitor(socket.handle(), nullptr, 0);
    return err(Code::kInternal, std::string("cannot monitor a socket: ") + e.what());
  }
}

std::optional<MonitorEvent> Monitor::next() {
  zmq::message_t head, endpoint;
  while (receive_part(pair_, head)) {
    const bool complete = head.more() && receive_part(pair_, endpoint);
    if (!complete || head.size() != 6) continue;
    uint16_t number = 0;
    int32_t value = 0;
    std::memcpy(&number, head.data(), sizeof number);
    std::memcpy(&value, static_cast<const char*>(head.data()) + sizeof number, sizeof value);
    const auto kind = kind_of(number);
    if (!kind) continue;
    MonitorEvent event{*kind, -1, value, endpoint.to_string()};
    if (*kind == Kind::kAccepted || *kind == Kind::kDisconnected || *kind == Kind::kConnected) event.fd = value;
    return event;
  }
  return std::nullopt;
}

}  // namespace fastchat
