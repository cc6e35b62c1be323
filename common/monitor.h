// The reader of a libzmq socket monitor. The monitored socket's owner starts it; the reader may live on that thread or
// be moved to another. The reader has no high-water mark: libzmq blocks an I/O thread on a monitor that nobody reads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <zmq.hpp>

#include "common/result.h"

namespace fastchat {

struct MonitorEvent {
  enum class Kind {
    kAccepted,      // fd valid
    kDisconnected,  // fd valid; reported before libzmq closes the fd
    kHandshakeSucceeded,
    kHandshakeFailed,    // no detail: the peer went away or the handshake took too long; value is errno
    kHandshakeProtocol,  // value is ZMQ_PROTOCOL_ERROR_*
    kHandshakeAuth,      // ZAP refused; value is the status code
    kConnected,          // fd valid
    kConnectDelayed,
    kConnectRetried,  // value is the interval in ms
    kClosed,
    kAcceptFailed,  // value is errno
    kStopped,
  };
  Kind kind = Kind::kStopped;
  int fd = -1;
  int value = 0;
  std::string endpoint;  // of a listener its own endpoint, of a connecter the peer's
};

class Monitor {
 public:
  // Starts the monitor. Call on the thread of `socket`, which must not have a monitor yet. Fails with kInternal.
  static Result<Monitor> start(zmq::context_t& ctx, zmq::socket_t& socket);

  zmq::socket_t& socket() { return pair_; }
  // Returns the next event; nullopt when there is none.
  std::optional<MonitorEvent> next();

 private:
  explicit Monitor(zmq::socket_t pair) : pair_(std::move(pair)) {}
  zmq::socket_t pair_;
};

}  // namespace fastchat
