// The client's one link, as a session uses it. SocketTransport is a DEALER of ZeroMQ; the simulator (tests/sim) has a
// connection of its own. Lives on the session's thread. connect() ends the link before it; callbacks speak of the
// latest one only and come from the loop, never from inside connect(), close() or send().
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

  // `fresh_keys`: a new login attempt; otherwise the CURVE pair of the link before it is used again (worker after
  // broker, PROTOCOL.md section 1).
  virtual void connect(const core::Endpoint& to, bool fresh_keys) = 0;
  virtual void close() = 0;
  virtual void send(Bytes&& frame) = 0;
  // `part` of the frame that on_link_frame() is being given, for longer than that call.
  virtual HeldBytes keep(ByteView part) = 0;
  // Sends what a full socket refused, and reports links that could not even be made. Once a turn; returns true when
  // something is still waiting.
  virtual bool pump() = 0;
};

}  // namespace fastchat::client
