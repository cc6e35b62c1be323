#include "tests/sim/network.h"

#include <algorithm>

namespace fastchat::sim {
namespace {

constexpr int64_t kHeartbeatUs = 30 * kSecond;  // libzmq's, on a client's link: detects a dead link within this time
constexpr int64_t kControlHeartbeatUs = 5 * kSecond;  // on a control link (worker/owner.cc)

}  // namespace

// ---- connections

ConnPtr Network::dial(Process& process, Peer& peer, LinkKind kind, const std::string& address, Bytes key) {
  auto conn = std::make_shared<Conn>();
  conn->kind = kind;
  conn->key = std::move(key);
  conn->at(Side::kDialer) = {.process = &process, .peer = &peer, .life = process.life()};
  conns_.push_back(conn);
  world_.after(2 * latency(), [this, conn, address] { arrive(conn, address); });
  return conn;
}

// Connects as TCP and CURVE do: two round trips, the second of them with the listener's own loop (ZAP).
void Network::arrive(const ConnPtr& conn, const std::string& address) {
  if (conn->at(Side::kDialer).state == Conn::End::kClosed) return;
  const auto it = listeners_.find(address);
  if (it == listeners_.end() || !it->second.process->alive()) {
    // Mostly the dial is refused at once. Now and then nobody answers, and the dialer's timeout ends it.
    if (world_.rng.chance(850)) tell_down(conn, Side::kDialer, core::LinkLoss::kUnreachable, latency());
    return;
  }
  Process* process = it->second.process;
  conn->rid = ++last_rid_;
  conn->at(Side::kListener) = {.process = process, .peer = it->second.peer, .life = process->life()};
  process->post(process->life(), Source::kMonitor, [this, conn] {
    auto& mine = conn->at(Side::kListener);
    if (conn->cut || conn->at(Side::kDialer).state == Conn::End::kClosed) {
      mine.state = Conn::End::kClosed;
      return;
    }
    if (!mine.peer->on_accept(conn)) {
      mine.state = Conn::End::kClosed;
      return tell_down(conn, Side::kDialer, core::LinkLoss::kHandshake, latency());
    }
    mine.state = Conn::End::kUp;
    world_.after(latency(), [conn] {
      auto& dialer = conn->at(Side::kDialer);
      if (conn->cut || dialer.state != Conn::End::kOpening) return;
      dialer.process->post(dialer.life, Source::kMonitor, [conn] {
        auto& d = conn->at(Side::kDialer);
        if (d.state != Conn::End::kOpening) return;
        d.state = Conn::End::kUp;
        d.peer->on_up(conn);
      });
    });
  });
}

void Network::knock(Process& process, const std::string& address, std::function<void()> refused) {
  world_.after(knobs_.latency, [this, &process, life = process.life(), address, refused = std::move(refused)] {
    const auto it = listeners_.find(address);
    if (it != listeners_.end() && it->second.process->alive()) return;
    world_.after(knobs_.latency, [&process, life, refused] { process.post(life, Source::kMonitor, refused); });
  });
}

Wire Network::send(const ConnPtr& conn, Side from, Bytes frame, size_t most) {
  auto& half = conn->at(from);
  if (half.state == Conn::End::kClosed) return Wire::kGone;
  if (most != 0 && half.unread >= most) return Wire::kFull;
  ++half.unread;
  if (conn->cut) return Wire::kSent;  // into a buffer that no process reads
  const int64_t when = std::max({half.last_arrival, world_.now() + latency(), conn->stalled_until});
  half.last_arrival = when;
  world_.at(when, [conn, from, frame = std::move(frame)] {
    auto& to = conn->at(other(from));
    if (conn->cut || to.state == Conn::End::kClosed) return;
    const Source source = conn->kind == LinkKind::kClient ? Source::kClients : Source::kControl;
    to.process->post(to.life, source, [conn, from, frame] {
      --conn->at(from).unread;
      auto& end = conn->at(other(from));
      if (end.state == Conn::End::kUp) end.peer->on_frame(conn, frame);
    });
  });
  return Wire::kSent;
}

void Network::tell_down(const ConnPtr& conn, Side side, core::LinkLoss loss, int64_t delay) {
  world_.after(delay, [conn, side, loss] {
    auto& half = conn->at(side);
    if (half.process == nullptr || half.state == Conn::End::kClosed) return;
    half.process->post(half.life, Source::kMonitor, [conn, side, loss] {
      auto& end = conn->at(side);
      if (end.state == Conn::End::kClosed) return;
      end.state = Conn::End::kClosed;
      end.peer->on_down(conn, loss);
    });
  });
}

void Network::close(const ConnPtr& conn, Side side) {
  auto& half = conn->at(side);
  if (half.state == Conn::End::kClosed) return;
  half.state = Conn::End::kClosed;
  if (conn->cut) return;
  const int64_t told = std::max(half.last_arrival, world_.now() + latency()) + 1;
  // When its linger is over, libzmq closes at once and drops unsent frames, so the tail may be lost.
  if (world_.rng.chance(200)) conn->cut = true;
  tell_down(conn, other(side), core::LinkLoss::kClosed, told - world_.now());
}

int64_t Network::notice_after() {
  switch (world_.rng.below(4)) {
    case 0:
      return world_.rng.between(0, 5 * kMs);
    case 1:
      return world_.rng.between(0, 2 * kSecond);
    case 2:
      return world_.rng.between(0, kHeartbeatUs);
    default:
      return 3'600 * kSecond;  // only a timeout detects the cut
  }
}

void Network::cut(const ConnPtr& conn) {
  if (conn->cut) return;
  conn->cut = true;
  for (const Side side : {Side::kDialer, Side::kListener}) {
    int64_t delay = healed_ ? world_.rng.between(0, 100 * kMs) : notice_after();
    if (conn->kind == LinkKind::kControl) delay = std::min(delay, kControlHeartbeatUs);
    tell_down(conn, side, core::LinkLoss::kClosed, delay);
  }
}

void Network::process_died(const Process& process) {
  for (const auto& conn : conns_) {
    for (const Side side : {Side::kDialer, Side::kListener}) {
      auto& half = conn->at(side);
      if (half.process != &process || half.state == Conn::End::kClosed) continue;
      half.state = Conn::End::kClosed;
      if (conn->cut) continue;
      // Data in the kernel's buffers may still arrive before the reset. The host may have died with the process.
      const bool host = world_.rng.chance(150);
      if (world_.rng.chance(500)) conn->cut = true;
      const int64_t sent = std::max(half.last_arrival - world_.now(), int64_t{0});
      int64_t noticed = host ? notice_after() : latency() + 1;
      if (conn->kind == LinkKind::kControl) noticed = std::min(noticed, kControlHeartbeatUs);
      tell_down(conn, other(side), core::LinkLoss::kClosed, sent + noticed);
    }
  }
  for (const auto& pipe : pipes_) {
    if (pipe->subscriber == &process) pipe->ended = true;
  }
  std::erase_if(pipes_, [](const auto& p) { return p->ended; });
  forget_closed();
}

void Network::forget_closed() {
  std::erase_if(conns_, [](const ConnPtr& c) {
    return c->at(Side::kDialer).state == Conn::End::kClosed &&
           (c->at(Side::kListener).process == nullptr || c->at(Side::kListener).state == Conn::End::kClosed);
  });
}

ConnPtr Network::any_conn(LinkKind kind) {
  forget_closed();
  std::vector<ConnPtr> some;
  for (const auto& c : conns_) {
    if (c->kind == kind && !c->cut) some.push_back(c);
  }
  return some.empty() ? nullptr : some[world_.rng.below(some.size())];
}

// ---- the bus

void Network::subscribe(Process& process, uint64_t worker_id, const std::string& endpoint,
                        std::function<void(const Bytes&)> receive) {
  for (const auto& p : pipes_) {
    // libzmq ignores a second connect to the same endpoint.
    if (p->subscriber == &process && p->life == process.life() && p->endpoint == endpoint) return;
  }
  auto pipe = std::make_shared<Pipe>();
  pipe->subscriber = &process;
  pipe->life = process.life();
  pipe->worker_id = worker_id;
  pipe->endpoint = endpoint;
  pipe->receive = std::move(receive);
  pipes_.push_back(pipe);
  connect_pipe(pipe);
}

void Network::connect_pipe(const std::shared_ptr<Pipe>& pipe) {
  pipe->up = false;
  ++pipe->generation;
  world_.after(4 * latency() + world_.rng.between(0, 200 * kMs), [this, pipe] {
    if (pipe->ended) return;
    const auto it = publishers_.find(pipe->endpoint);
    if (it == publishers_.end() || !it->second->alive() || it->second->frozen()) return connect_pipe(pipe);
    pipe->up = true;
    pipe->publisher_life = it->second->life();
    pipe->unread = 0;
    pipe->last_arrival = 0;
  });
}

void Network::unsubscribe(const Process& process, const std::string& endpoint) {
  for (const auto& p : pipes_) {
    if (p->subscriber == &process && p->endpoint == endpoint) p->ended = true;
  }
  std::erase_if(pipes_, [](const auto& p) { return p->ended; });
}

void Network::publish(const Process& from, const std::string& endpoint, const Bytes& bytes) {
  const uint64_t to = get_u64(bytes.data());
  for (const auto& pipe : pipes_) {
    if (pipe->endpoint != endpoint || !pipe->up) continue;
    if (pipe->publisher_life != from.life()) {
      connect_pipe(pipe);
      continue;
    }
    if (to != 0 && to != pipe->worker_id) continue;
    if (world_.rng.chance(knobs_.bus_loss) || pipe->unread >= knobs_.bus_hwm) continue;
    int64_t when = std::max(pipe->last_arrival, world_.now() + latency());
    const auto cut = partitions_.find({&from, pipe->subscriber});
    if (cut != partitions_.end() && cut->second.until > world_.now()) {
      if (cut->second.loses) continue;
      when = std::max(when, cut->second.until);
    }
    pipe->last_arrival = when;
    ++pipe->unread;
    world_.at(when, [pipe, generation = pipe->generation, bytes] {
      if (pipe->ended || pipe->generation != generation) return;
      pipe->subscriber->post(pipe->life, Source::kBus, [pipe, generation, bytes] {
        if (pipe->generation == generation) --pipe->unread;
        pipe->receive(bytes);
      });
    });
  }
}

void Network::partition(const Process& from, const Process& to, int64_t us, bool loses) {
  partitions_[{&from, &to}] = {world_.now() + us, loses};
}

void Network::break_bus(const Process& subscriber) {
  for (const auto& pipe : pipes_) {
    if (pipe->subscriber == &subscriber) connect_pipe(pipe);
  }
}

void Network::heal() {
  healed_ = true;
  partitions_.clear();
  for (const auto& conn : conns_) {
    conn->stalled_until = 0;
    // Both ends of half of the cut links notice now. The other links need the timeouts.
    if (!conn->broken() || world_.rng.chance(500)) continue;
    for (const Side side : {Side::kDialer, Side::kListener}) {
      tell_down(conn, side, core::LinkLoss::kClosed, world_.rng.between(0, 500 * kMs));
    }
  }
}

}  // namespace fastchat::sim
