// The client's one link as sockets: a DEALER with CURVE that connects once and never by itself again, and its monitor.
// A name is looked up without blocking, and its addresses, of both families, are tried in turn until one answers.
// Lives on the loop's thread. connect() ends the link before it; callbacks speak of the latest one only and come from
// the loop, never from inside connect(), close() or send().
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "client/core/types.h"
#include "common/curve.h"
#include "common/loop.h"
#include "common/monitor.h"
#include "common/resolver.h"
#include "common/socket.h"

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
  Transport(Loop& loop, LinkEvents& events) : loop_(loop), events_(events) {}
  ~Transport();
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  // `fresh_keys`: a new login attempt; otherwise the CURVE pair of the link before it is used again (worker after
  // broker, PROTOCOL.md section 1).
  void connect(const core::Endpoint& to, bool fresh_keys);
  void close();
  void send(Bytes&& frame);
  // `part` of the frame that on_link_frame() is being given, for longer than that call.
  HeldBytes keep(ByteView part) { return hold(incoming_, part); }
  // Sends what a full socket refused, and reports links that could not even be made. Once a turn; returns true when
  // something is still waiting.
  bool pump();

 private:
  struct Link {
    explicit Link(zmq::socket_t d, Monitor m) : dealer(std::move(d)), monitor(std::move(m)) {}
    zmq::socket_t dealer;
    Monitor monitor;
    bool connected = false, up = false;
    std::deque<Bytes> unsent;
    RecvCounters counters;
  };
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
  size_t first_ = 0;                    // where the next connect() to the same endpoint begins
  bool reached_ = false;                // one of them took the connection, and then no handshake came about
  std::unique_ptr<Link> link_;
  uint64_t generation_ = 0;  // of link_; a callback that sees it change stops
  zmq::message_t incoming_;  // what on_link_frame() is given
  bool failed_ = false;      // connect() did not get a socket: told by the next pump()
};

}  // namespace fastchat::client
