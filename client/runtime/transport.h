// The client's one link, as a session uses it. SocketTransport is a DEALER of ZeroMQ; the simulator (tests/sim) has a
// connection of its own. Lives on the session's thread. connect() ends the previous link. Callbacks report only the
// latest link and come from the loop, never from inside connect(), close() or send().
#pragma once

#include "client/core/types.h"
#include "common/bytes.h"
#include "common/held.h"

namespace fastchat::client {

class LinkEvents {
 public:
  virtual ~LinkEvents() = default;
  virtual void on_link_up() = 0;
  virtual void on_link_down(core::LinkLoss loss) = 0;
  virtual void on_link_frame(ByteView frame) = 0;
};

class Transport {
 public:
  virtual ~Transport() = default;

  // Connects. `fresh_keys`: makes a new CURVE pair, for a new login attempt. Otherwise reuses the pair of the previous
  // link (worker after broker, PROTOCOL.md section 1).
  virtual void connect(const core::Endpoint& to, bool fresh_keys) = 0;
  virtual void close() = 0;
  virtual void send(Bytes&& frame) = 0;
  // Keeps `part` of the frame of the current on_link_frame() for longer than that call.
  virtual HeldBytes keep(ByteView part) = 0;
  // Sends the frames that a full socket refused, and reports links that could not be made. Called once a turn. Returns
  // true when work is still waiting.
  virtual bool pump() = 0;
};

}  // namespace fastchat::client
