// The connections of the generator: one DEALER each, all on one context with one I/O thread, watched by one epoll. The
// hub visits a link only when its descriptor was readable, or when a send may have consumed the event. ZMQ_FD is
// edge-triggered, so every receive goes on until nothing is left, and a query of ZMQ_EVENTS follows every send. One
// thread. The caller owns the links and destroys them before the hub, whose context waits for their sockets.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "common/bytes.h"
#include "common/curve.h"
#include "common/socket.h"

namespace fastchat::bench {

// Returns the endpoint with an address of this host to connect from, in libzmq's syntax. An empty `source`: the
// endpoint.
std::string from_source(const std::string& source, const std::string& endpoint);

struct Link {
  explicit Link(int number) : id(number) {}
  const int id;  // the user of the link
  CurvePair keys;
  uint64_t last_sent_ns = 0;
  uint64_t last_heard_ns = 0;
  std::string source;   // the address that the link connects from, "127.0.0.9"; empty: the system's choice
  int recv_hwm = 1000;  // frames that the socket takes without being read, from the next open() on
  bool unread = false;  // leaves received frames in the socket, which soon takes no more from the server

 private:
  friend class Hub;
  zmq::socket_t socket_;
  int fd_ = -1;
  bool up_ = false;     // sends go out; before that they wait in backlog_
  bool ready_ = false;  // in Hub::ready_
  bool dirty_ = false;  // in Hub::dirty_
  std::deque<Bytes> backlog_;
};

class HubEvents {
 public:
  virtual ~HubEvents() = default;
  virtual void on_frame(Link& link, ByteView frame) = 0;
  virtual void on_flush(Link& link) = 0;  // the turn ends: send its messages
  virtual void on_gone(Link& link) = 0;   // the connection broke; the link is closed already
};

class Hub {
 public:
  Hub();
  ~Hub();
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  // Sets the receiver of events. Call before any other function.
  void set_events(HubEvents* events) { events_ = events; }

  // Connects with link.keys. Frames sent before the connection is up wait. Ends the run when sockets run out.
  void open(Link& link, const std::string& endpoint, ByteView server_key);
  // Closes a link. Sent frames have `linger_ms` to leave. Closing a closed link does nothing.
  void close(Link& link, int linger_ms);
  bool is_open(const Link& link) const { return link.fd_ >= 0; }

  void send(Link& link, Bytes frame);
  // Detects a connection that broke while nothing was sent. The sweep calls it about once a second.
  void check(Link& link) {
    if (link.fd_ >= 0) look(link);
  }
  // Requests on_flush for the link at the end of this turn.
  void touch(Link& link) {
    if (link.dirty_) return;
    link.dirty_ = true;
    dirty_.push_back(&link);
  }

  // Waits until `until_ns` at most, and not at all when work is waiting. Then handles the events and flushes.
  void turn(uint64_t until_ns);

  struct Counters {
    uint64_t frames_in = 0, frames_out = 0, bytes_in = 0, bytes_out = 0;
  };
  const Counters& counters() const { return counters_; }

 private:
  void mark(Link& link);
  void visit(Link& link);
  void look(Link& link);
  void flush();
  void send_now(Link& link, Bytes frame);

  HubEvents* events_ = nullptr;
  DealerOptions dealer_;
  zmq::context_t context_;
  int epoll_ = -1;
  std::vector<Link*> ready_, visiting_, dirty_, flushing_;
  zmq::message_t in_;
  RecvCounters recv_counters_;
  Counters counters_;
};

}  // namespace fastchat::bench
