// The socket that clients connect to, the same in broker and worker: a bound CURVE ROUTER in the ZAP domain "clients",
// watched by a guard. Opened on the calling thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <zmq.hpp>

#include "common/curve.h"
#include "common/guard.h"
#include "common/result.h"

namespace fastchat {

struct ClientListener {
  zmq::socket_t router;
  std::unique_ptr<Guard> guard;
  std::string endpoint;  // as bound: port 0 is replaced by the real port
};

struct ListenerLimits {
  int64_t max_connections;
  int64_t max_per_address;
};

// Opens the listener. The policy of the ZAP domain must be set before. Errors: those of make_client_router,
// Guard::start and bind_socket.
Result<ClientListener> open_client_listener(zmq::context_t& ctx, const CurvePair& pair, const std::string& endpoint,
                                            ListenerLimits limits);

}  // namespace fastchat
