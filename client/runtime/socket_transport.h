// The client's link over sockets: a DEALER with CURVE that connects once and never reconnects on its own, and its
// monitor. Looks up a name without blocking, and tries its addresses, of both families, in turn until one answers.
// Lives on the loop's thread.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "client/runtime/transport.h"
#include "common/curve.h"
#include "common/loop.h"
#include "common/monitor.h"
#include "common/resolver.h"
#include "common/socket.h"

namespace fastchat::client {

class SocketTransport final : public Transport {
 public:
  SocketTransport(Loop& loop, LinkEvents& events) : loop_(loop), events_(events) {}
  ~SocketTransport() override;
  SocketTransport(const SocketTransport&) = delete;
  SocketTransport& operator=(const SocketTransport&) = delete;

  void connect(const core::Endpoint& to, bool fresh_keys) override;
  void close() override { end(); }
  void send(Bytes&& frame) override;
  HeldBytes keep(ByteView part) override { return hold(incoming_, part); }
  bool pump() override;

 private:
  struct Link {
    explicit Link(zmq::socket_t d, Monitor m) : dealer(std::move(d)), monitor(std::move(m)) {}
    zmq::socket_t dealer;
    Monitor monitor;
    bool connected = false, up = false;
    std::deque<Bytes> unsent;
    RecvCounters counters;
  };
  void end();
  void poll_names();
  bool open_next();
  bool open(const std::string& address);
  void close_link();
  bool drain_frames();
  bool drain_monitor();
  void lost(core::LinkLoss loss);

  Loop& loop_;
  LinkEvents& events_;
  zmq::context_t context_{1};
  std::optional<CurvePair> keys_;
  core::Endpoint to_;
  std::unique_ptr<Resolver> names_;  // while to_ is being looked up
  Loop::TimerId names_timer_ = 0;
  std::vector<std::string> addresses_;  // of to_
  size_t tried_ = 0;                    // of addresses_, in this connect()
  size_t first_ = 0;                    // the first address of the next connect() to the same endpoint
  bool reached_ = false;                // an address accepted the connection without completing a handshake
  std::unique_ptr<Link> link_;
  uint64_t generation_ = 0;  // of link_; a callback that sees a change stops
  zmq::message_t incoming_;  // the message that on_link_frame() reads
  bool failed_ = false;      // connect() got no socket; the next pump() reports it
};

}  // namespace fastchat::client
