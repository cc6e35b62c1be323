#include "bench/hub.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "bench/fail.h"
#include "bench/meter.h"
#include "common/wire.h"

namespace fastchat::bench {
namespace {

constexpr int kMaxSockets = 65'535;
constexpr int kFramesPerVisit = 256;  // then the other links have their turn
constexpr int kUnlimited = 0;         // windows bound the frames in flight, so a link that accepts nothing is broken

}  // namespace

Hub::Hub() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  if (epoll_ < 0) fail(std::string("epoll_create1: ") + std::strerror(errno));
  context_.set(zmq::ctxopt::max_sockets, kMaxSockets);
  context_.set(zmq::ctxopt::io_threads, 1);
  dealer_.limits.max_message_bytes = wire::kMaxServerFrame;
  dealer_.limits.send_hwm = kUnlimited;
  dealer_.reconnect = false;
}

Hub::~Hub() {
  ::close(epoll_);
}

std::string from_source(const std::string& source, const std::string& endpoint) {
  constexpr std::string_view kTcp = "tcp://";
  if (source.empty() || endpoint.rfind(kTcp, 0) != 0) return endpoint;
  return std::string(kTcp) + source + ":0;" + endpoint.substr(kTcp.size());
}

void Hub::open(Link& link, const std::string& endpoint, ByteView server_key) {
  close(link, 0);
  DealerOptions dealer = dealer_;
  dealer.limits.recv_hwm = link.recv_hwm;
  auto socket = make_client_dealer(context_, link.keys, server_key, dealer);
  if (!socket) fail(socket.error().text);
  link.socket_ = std::move(*socket);
  if (auto connected = connect_socket(link.socket_, from_source(link.source, endpoint)); !connected)
    fail(connected.error().text);
  link.fd_ = link.socket_.get(zmq::sockopt::fd);
  link.last_sent_ns = link.last_heard_ns = now_ns();
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = &link;
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, link.fd_, &event) != 0) fail(std::string("epoll_ctl: ") + std::strerror(errno));
  mark(link);
}

void Hub::close(Link& link, int linger_ms) {
  if (link.fd_ < 0) return;
  epoll_ctl(epoll_, EPOLL_CTL_DEL, link.fd_, nullptr);
  link.fd_ = -1;
  link.socket_.set(zmq::sockopt::linger, linger_ms);
  link.socket_.close();
  link.up_ = false;
  link.backlog_.clear();
}

void Hub::mark(Link& link) {
  if (link.ready_) return;
  link.ready_ = true;
  ready_.push_back(&link);
}

void Hub::send(Link& link, Bytes frame) {
  if (link.fd_ < 0) return;
  link.last_sent_ns = now_ns();
  touch(link);
  if (link.up_) {
    send_now(link, std::move(frame));
  } else {
    link.backlog_.push_back(std::move(frame));
  }
}

// Sends a frame. A broken link loses the frame, and look() detects the break.
void Hub::send_now(Link& link, Bytes frame) {
  const size_t size = frame.size();
  if (send_one(link.socket_, std::move(frame)) != SendResult::kSent) return;
  ++counters_.frames_out;
  counters_.bytes_out += size;
}

// Queries ZMQ_EVENTS, which makes libzmq handle its pending commands. The descriptor then reports only later ones.
void Hub::look(Link& link) {
  const int events = link.socket_.get(zmq::sockopt::events);
  const bool readable = (events & ZMQ_POLLIN) != 0 && !link.unread;
  const bool writable = (events & ZMQ_POLLOUT) != 0;
  if (readable) mark(link);
  if (link.up_ && !writable && !readable) {
    close(link, 0);
    events_->on_gone(link);
  } else if (!link.up_ && writable) {
    link.up_ = true;
    for (Bytes& frame : link.backlog_) send_now(link, std::move(frame));
    link.backlog_.clear();
    mark(link);
  }
}

void Hub::visit(Link& link) {
  if (link.unread) return look(link);
  for (int i = 0; i < kFramesPerVisit; ++i) {
    const Recv got = recv_one(link.socket_, in_, recv_counters_);
    if (got == Recv::kNothing) {
      if (i == 0 || !link.up_) look(link);
      return;
    }
    if (got == Recv::kDropped) continue;
    ++counters_.frames_in;
    counters_.bytes_in += in_.size();
    link.last_heard_ns = now_ns();
    events_->on_frame(link, bytes_of(in_));
    if (link.fd_ < 0) return;
  }
  mark(link);
}

void Hub::flush() {
  flushing_.swap(dirty_);
  for (Link* link : flushing_) {
    if (link->fd_ >= 0) events_->on_flush(*link);
    link->dirty_ = false;
    if (link->fd_ >= 0) look(*link);
  }
  flushing_.clear();
}

void Hub::turn(uint64_t until_ns) {
  flush();
  const uint64_t now = now_ns();
  const uint64_t wait = ready_.empty() && dirty_.empty() && until_ns > now ? until_ns - now : 0;
  const timespec timeout{static_cast<time_t>(wait / 1'000'000'000), static_cast<long>(wait % 1'000'000'000)};
  epoll_event events[512];
  const int count = epoll_pwait2(epoll_, events, 512, &timeout, nullptr);
  for (int i = 0; i < count; ++i) mark(*static_cast<Link*>(events[i].data.ptr));
  visiting_.swap(ready_);
  for (Link* link : visiting_) {
    link->ready_ = false;
    if (link->fd_ >= 0) visit(*link);
  }
  visiting_.clear();
  flush();
}

}  // namespace fastchat::bench
