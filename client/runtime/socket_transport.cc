#include "client/runtime/socket_transport.h"

#include <algorithm>
#include <utility>

#include "common/clock.h"

namespace fastchat::client {
namespace {

constexpr int kFramesPerTurn = 64;
// A bye or the last acknowledgement may leave after close(). The program's end waits no longer than this.
constexpr int kLingerMs = 300;

// The interval between two checks of a pending name lookup.
constexpr int64_t kNamesEveryUs = 5'000;
constexpr int kConnectMs = 5'000, kLeastConnectMs = 1'500;

DealerOptions options_for(const std::string& address, size_t addresses) {
  DealerOptions o;
  o.reconnect = false;
  // A silent address leaves time for the others.
  o.connect_timeout_ms = std::max(kConnectMs / static_cast<int>(addresses), kLeastConnectMs);
  o.limits.ipv6 = needs_ipv6(address);
  // The protocol's window bounds the frames in flight. A high-water mark would only stall the socket earlier.
  o.limits.keepalive_s = 30;
  o.limits.send_hwm = 10'000;
  return o;
}

}  // namespace

SocketTransport::~SocketTransport() {
  end();
}

void SocketTransport::connect(const core::Endpoint& to, bool fresh_keys) {
  end();
  if (fresh_keys || !keys_) keys_ = make_curve_pair();
  if (to.address != to_.address) first_ = 0;
  to_ = to;
  names_ = std::make_unique<Resolver>(to.address);
  poll_names();
}

void SocketTransport::poll_names() {
  names_timer_ = 0;
  if (!names_->done()) {
    names_timer_ = loop_.at(Clock::monotonic_us() + kNamesEveryUs, [this](int64_t) { poll_names(); });
    return;
  }
  addresses_ = names_->endpoints();
  names_.reset();
  if (!addresses_.empty()) {
    const auto first = addresses_.begin() + static_cast<ptrdiff_t>(first_ % addresses_.size());
    std::rotate(addresses_.begin(), first, addresses_.end());
  }
  failed_ = !open_next();
}

// Opens the next address that a socket can be made for. Returns false when there is none left.
bool SocketTransport::open_next() {
  while (tried_ < addresses_.size()) {
    // An attempt that the owner gives up continues with the next address the next time.
    ++first_;
    if (open(addresses_[tried_++])) return true;
  }
  return false;
}

bool SocketTransport::open(const std::string& address) {
  const DealerOptions options = options_for(address, addresses_.size());
  Result<zmq::socket_t> dealer = make_client_dealer(context_, *keys_, to_.server_key, options);
  if (!dealer.ok()) return false;
  dealer->set(zmq::sockopt::linger, kLingerMs);
  Result<Monitor> monitor = Monitor::start(context_, *dealer);
  if (!monitor.ok() || !connect_socket(*dealer, address).ok()) return false;
  link_ = std::make_unique<Link>(std::move(*dealer), std::move(*monitor));
  loop_.add_socket(link_->dealer, [this] { return drain_frames(); });
  loop_.add_quiet_socket(link_->monitor.socket(), [this] { return drain_monitor(); });
  return true;
}

void SocketTransport::end() {
  loop_.cancel(std::exchange(names_timer_, 0));
  names_.reset();
  addresses_.clear();
  tried_ = 0;
  reached_ = false;
  failed_ = false;
  close_link();
}

void SocketTransport::close_link() {
  ++generation_;
  if (!link_) return;
  loop_.remove_socket(link_->dealer);
  loop_.remove_socket(link_->monitor.socket());
  // Stop the monitor before closing its reader: libzmq blocks on a monitor that nobody reads.
  zmq_socket_monitor(link_->dealer.handle(), nullptr, 0);
  link_.reset();
}

void SocketTransport::send(Bytes&& frame) {
  if (!link_) return;
  if (link_->unsent.empty() && send_one(link_->dealer, std::move(frame)) == SendResult::kSent) return;
  link_->unsent.push_back(std::move(frame));
}

bool SocketTransport::pump() {
  if (failed_) {
    failed_ = false;
    events_.on_link_down(core::LinkLoss::kUnreachable);
    return false;
  }
  if (!link_) return false;
  auto& unsent = link_->unsent;
  while (!unsent.empty() && send_one(link_->dealer, std::move(unsent.front())) == SendResult::kSent) unsent.pop_front();
  return !unsent.empty();
}

bool SocketTransport::drain_frames() {
  const uint64_t generation = generation_;
  for (int i = 0; i < kFramesPerTurn; ++i) {
    switch (recv_one(link_->dealer, incoming_, link_->counters)) {
      case Recv::kNothing:
        return false;
      case Recv::kDropped:
        continue;
      case Recv::kMessage:
        break;
    }
    events_.on_link_frame(bytes_of(incoming_));
    if (generation != generation_) return false;
  }
  return true;
}

bool SocketTransport::drain_monitor() {
  using Kind = MonitorEvent::Kind;
  const uint64_t generation = generation_;
  while (generation == generation_) {
    const std::optional<MonitorEvent> event = link_->monitor.next();
    if (!event) return false;
    switch (event->kind) {
      case Kind::kConnected:
        link_->connected = true;
        break;
      case Kind::kHandshakeSucceeded:
        link_->up = true;
        first_ += addresses_.size() - 1;  // this address answers: the next connect() begins with it
        events_.on_link_up();
        break;
      case Kind::kHandshakeFailed:
      case Kind::kHandshakeProtocol:
      case Kind::kHandshakeAuth:
        lost(core::LinkLoss::kHandshake);
        break;
      case Kind::kDisconnected:
        lost(link_->up ? core::LinkLoss::kClosed : core::LinkLoss::kHandshake);
        break;
      case Kind::kClosed:
        lost(link_->connected ? core::LinkLoss::kClosed : core::LinkLoss::kUnreachable);
        break;
      default:
        break;
    }
  }
  return false;
}

void SocketTransport::lost(core::LinkLoss loss) {
  const uint64_t generation = generation_;
  // Drain the frames that still wait in the socket first: the peer's last frame gives the reason for hanging up.
  while (generation == generation_ && drain_frames()) {
  }
  if (generation != generation_) return;
  const bool was_up = link_->up;
  reached_ = reached_ || loss != core::LinkLoss::kUnreachable;
  close_link();
  if (!was_up && open_next()) return;
  // Report the server that accepted the connection rather than an address that did not.
  if (!was_up && loss == core::LinkLoss::kUnreachable && reached_) loss = core::LinkLoss::kHandshake;
  end();
  events_.on_link_down(loss);
}

}  // namespace fastchat::client
