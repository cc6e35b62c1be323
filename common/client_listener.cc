#include "common/client_listener.h"

#include "common/socket.h"
#include "common/wire.h"

namespace fastchat {

Result<ClientListener> open_client_listener(zmq::context_t& ctx, const CurvePair& pair, const std::string& endpoint,
                                            ListenerLimits limits) {
  SocketLimits socket;
  socket.max_message_bytes = static_cast<int64_t>(wire::kMaxClientFrame);
  socket.send_hwm = 64;  // frames per client; further frames wait in the engine or go to the queue
  auto router = make_client_router(ctx, pair, "clients", socket);
  if (!router) return router.error();
  GuardLimits guard;
  guard.max_connections = static_cast<size_t>(limits.max_connections);
  guard.max_per_address = static_cast<size_t>(limits.max_per_address);
  auto started = Guard::start(ctx, *router, guard);
  if (!started) return started.error();
  auto bound = bind_socket(*router, endpoint);
  if (!bound) return bound.error();
  return ClientListener{std::move(*router), std::move(*started), std::move(*bound)};
}

}  // namespace fastchat
