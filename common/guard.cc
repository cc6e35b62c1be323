#include "common/guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "common/check.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/process.h"
#include "common/tcp.h"

namespace fastchat {
namespace {

constexpr int64_t kStepUs = 50'000;
// The step while peers connect. Before the hello no peer has a reason to send much, and each byte costs a decryption.
constexpr int64_t kAcceptStepUs = 5'000, kAcceptUs = 200'000;
constexpr int64_t kRoundUs = 500'000;
constexpr int64_t kHandledUs = 50'000;
constexpr int64_t kSoonUs = 20'000;  // the least time between two rounds
// libzmq frees a connection's memory a little after its end. Returning the memory takes milliseconds of a large heap.
constexpr int64_t kTrimAfterUs = 500'000;
constexpr int64_t kTrimEveryUs = 2'000'000;
constexpr int64_t kReportUs = 2'000'000;
constexpr int kBudget = 256;

struct Peer {
  std::string text;     // address and port
  std::string address;  // the cap's key
};

// Returns an empty peer when the descriptor is not, or no longer, a connected TCP socket.
Peer peer_of(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return {};
  char text[INET6_ADDRSTRLEN] = "";
  uint16_t port = 0;
  if (storage.ss_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(&storage);
    inet_ntop(AF_INET, &v4->sin_addr, text, sizeof text);
    port = ntohs(v4->sin_port);
  } else if (storage.ss_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&storage);
    inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof text);
    port = ntohs(v6->sin6_port);
  } else {
    return {};
  }
  return {std::string(text) + " " + std::to_string(port), address_key(text)};
}

// The connections that received data since the last look. Holds descriptors of libzmq; the kernel forgets closed
// descriptors.
class Receivers {
 public:
  Receivers() : epoll_(epoll_create1(EPOLL_CLOEXEC)) { FC_CHECK(epoll_ >= 0); }
  ~Receivers() { ::close(epoll_); }
  Receivers(const Receivers&) = delete;
  Receivers& operator=(const Receivers&) = delete;

  void add(int fd) { control(EPOLL_CTL_ADD, fd); }
  // Returns the descriptors with new data. Each is returned once, and again only after watch_again() and new data.
  std::vector<int> take() {
    std::vector<int> fds;
    std::array<epoll_event, 256> events;
    for (int n = static_cast<int>(events.size()); n == static_cast<int>(events.size());) {
      n = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 0);
      for (int i = 0; i < n; ++i) fds.push_back(events[static_cast<size_t>(i)].data.fd);
    }
    return fds;
  }
  void watch_again(int fd) { control(EPOLL_CTL_MOD, fd); }

 private:
  // Fails for a descriptor that was closed meanwhile, which then belongs to no connection here.
  void control(int what, int fd) {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLONESHOT;
    event.data.fd = fd;
    (void)epoll_ctl(epoll_, what, fd, &event);
  }
  const int epoll_;
};

std::string_view name_of(GuardReason reason) {
  switch (reason) {
    case GuardReason::kTotal:
      return "too_many_connections";
    case GuardReason::kAddress:
      return "too_many_from_address";
    case GuardReason::kHello:
      return "no_hello";
    case GuardReason::kStalled:
      return "endless_message";
    case GuardReason::kUnread:
      return "unread_bytes";
    case GuardReason::kAsked:
      return "asked";
  }
  return "";
}

// The part of the guard that runs on the guard's thread. Watch reads the monitor to its end before it uses the owner's
// news or acts on a descriptor. libzmq reports a disconnection before it closes the descriptor, so a connection that is
// still known here is still open.
class Watch {
 public:
  Watch(Loop& loop, Monitor monitor, MailboxEnd<ToGuard, FromGuard> mailbox, const GuardLimits& limits)
      : loop_(loop), monitor_(std::move(monitor)), mailbox_(std::move(mailbox)), core_(limits) {
    loop_.add_socket(monitor_.socket(), [this] { return read_monitor(), false; });
    mailbox_.listen(loop_, [this] { return read_owner(); });
    loop_.set_tick([this] { return next_step_us_; }, [this](int64_t now_us) { step(now_us); });
    loop_.on_turn_end([this](int64_t now_us) { report(now_us); });
  }

 private:
  void read_monitor() {
    const int64_t now_us = Clock::monotonic_us();
    while (auto event = monitor_.next()) {
      switch (event->kind) {
        case MonitorEvent::Kind::kAccepted:
          accepted(event->fd, now_us);
          break;
        case MonitorEvent::Kind::kDisconnected:
          core_.disconnected(event->fd);
          break;
        case MonitorEvent::Kind::kHandshakeAuth:
          core_.handshake_failed(true);
          break;
        case MonitorEvent::Kind::kHandshakeFailed:
        case MonitorEvent::Kind::kHandshakeProtocol:
          core_.handshake_failed(false);
          break;
        default:
          break;
      }
    }
    act(now_us);
  }

  void accepted(int fd, int64_t now_us) {
    const Peer peer = peer_of(fd);
    core_.accepted(fd, peer.text, peer.address, now_us);
    receivers_.add(fd);
    accept_until_us_ = now_us + kAcceptUs;
    next_step_us_ = std::min(next_step_us_, now_us + kAcceptStepUs);
  }

  bool read_owner() {
    for (int i = 0; i < kBudget; ++i) {
      const auto news = mailbox_.receive();
      if (!news) return false;
      read_monitor();
      for (const auto& s : news->seen) core_.seen(s.rid, s.fd, bytes_taken(s.fd));
      if (news->round) core_.progressed(news->progressed);
      if (news->counts) core_.handled(news->handled, news->all_handled, loop_.now_us());
      for (const ToGuard::End& e : news->ends) core_.end(e.rid, loop_.now_us(), e.offence);
    }
    return true;
  }

  // Reads the bytes before the owner's news, so that the news covers every answered message among the bytes.
  void step(int64_t now_us) {
    next_step_us_ = now_us + (now_us < accept_until_us_ ? kAcceptStepUs : kStepUs);
    read_monitor();
    std::vector<std::pair<int, int64_t>> samples;
    for (const int fd : receivers_.take()) samples.emplace_back(fd, bytes_taken(fd));
    while (read_owner()) {
    }
    for (const auto& [fd, bytes] : samples) {
      if (bytes >= 0) core_.sampled(fd, bytes, now_us);
      receivers_.watch_again(fd);
    }
    core_.looked(now_us);
    act(now_us);
    trim(now_us);
  }

  void trim(int64_t now_us) {
    if (core_.take_big_end() && trim_at_us_ == 0) trim_at_us_ = std::max(now_us + kTrimAfterUs, may_trim_us_);
    if (trim_at_us_ == 0 || now_us < trim_at_us_) return;
    trim_at_us_ = 0;
    may_trim_us_ = now_us + kTrimEveryUs;
    give_back_memory();
    core_.trimmed();
  }

  void act(int64_t now_us) {
    for (const auto& kill : core_.kills(now_us)) {
      if (kill.peer.empty() || peer_of(kill.fd).text != kill.peer) continue;
      ::shutdown(kill.fd, SHUT_RDWR);
      acted_ = true;
      if (kill.reason != GuardReason::kAsked)
        log::debug("connection_ended", {{"peer", kill.peer}, {"why", name_of(kill.reason)}});
    }
  }

  void report(int64_t now_us) {
    auto gone = core_.take_gone();
    const bool round = core_.wants_round(), handled = core_.wants_handled();
    const bool wanted = (round || handled) && now_us >= next_wish_us_;
    if (gone.empty() && !acted_ && !wanted && now_us < next_report_us_) return;
    if (wanted) next_wish_us_ = now_us + kSoonUs;
    acted_ = false;
    next_report_us_ = now_us + kReportUs;
    mailbox_.post(
        std::make_unique<FromGuard>(FromGuard{std::move(gone), core_.counters(), wanted && round, wanted && handled}));
  }

  Loop& loop_;
  Monitor monitor_;
  MailboxEnd<ToGuard, FromGuard> mailbox_;
  GuardCore core_;
  Receivers receivers_;
  int64_t next_step_us_ = 0;
  int64_t accept_until_us_ = 0;
  int64_t next_wish_us_ = 0;
  int64_t trim_at_us_ = 0, may_trim_us_ = 0;  // 0: no trim is due
  int64_t next_report_us_ = 0;
  bool acted_ = false;
};

}  // namespace

Result<std::unique_ptr<Guard>> Guard::start(zmq::context_t& ctx, zmq::socket_t& router, const GuardLimits& limits) {
  auto monitor = Monitor::start(ctx, router);
  if (!monitor) return monitor.error();
  try {
    auto [mine, theirs] = make_mailbox<FromGuard, ToGuard>(ctx);
    return std::unique_ptr<Guard>(new Guard(ctx, std::move(*monitor), std::move(mine), std::move(theirs), limits));
  } catch (const std::exception& e) {
    return err(Code::kInternal, std::string("cannot start the connection guard: ") + e.what());
  }
}

Guard::Guard(zmq::context_t& ctx, Monitor monitor, MailboxEnd<FromGuard, ToGuard> mine,
             MailboxEnd<ToGuard, FromGuard> theirs, const GuardLimits& limits)
    : next_(std::make_unique<ToGuard>()),
      mailbox_(std::move(mine)),
      thread_(ctx, "guard", [limits, watched = std::move(monitor), end = std::move(theirs)](Loop& loop) mutable {
        Watch watch(loop, std::move(watched), std::move(end), limits);
        loop.run();
      }) {}

bool Guard::saw(uint64_t rid, int fd, size_t payload) {
  none_waits_ = false;
  if (fd < 0) return false;
  const auto index = static_cast<size_t>(fd);
  if (index >= slots_.size()) slots_.resize(index + 1);
  Slot& slot = slots_[index];
  if (slot.seen && came_before(rid, slot.rid)) {
    // The descriptor belongs to another connection by now.
    if (std::exchange(slot.past, rid) != rid) tell_seen(rid, fd);
    return false;
  }
  const bool first = !slot.seen || slot.rid != rid;
  if (first) {
    slot = Slot{.rid = rid, .seen = true};
    tell_seen(rid, fd);
  }
  if (!std::exchange(slot.progressed, true)) progressed_fds_.push_back(fd);
  if (slot.handled == 0) handled_fds_.push_back(fd);
  slot.handled += wire_bytes(payload);
  return first;
}

// Reports at once, not at the turn's end: the answer lets the peer send data that was not allowed before.
void Guard::tell_seen(uint64_t rid, int fd) {
  next_->seen.push_back({rid, fd});
  mailbox_.post(std::exchange(next_, std::make_unique<ToGuard>()));
}

void Guard::end(uint64_t rid, Offence offence) {
  next_->ends.push_back({rid, offence == Offence::kYes});
}

void Guard::flush(int64_t now_us) {
  const int64_t since = now_us - last_round_us_;
  if (since >= kRoundUs || (round_wanted_ && read_all_ && since >= kSoonUs)) {
    last_round_us_ = now_us;
    add_round();
  }
  if (now_us - last_handled_us_ >= (handled_wanted_ ? kSoonUs : kHandledUs) &&
      (handled_wanted_ || !handled_fds_.empty())) {
    last_handled_us_ = now_us;
    add_handled();
  }
  if (next_->seen.empty() && next_->ends.empty() && !next_->round && !next_->counts) return;
  mailbox_.post(std::exchange(next_, std::make_unique<ToGuard>()));
}

void Guard::add_round() {
  round_wanted_ = read_all_ = false;
  next_->round = true;
  next_->progressed.reserve(progressed_fds_.size());
  for (int fd : progressed_fds_) {
    Slot& slot = slots_[static_cast<size_t>(fd)];
    if (!slot.progressed) continue;
    slot.progressed = false;
    next_->progressed.push_back(slot.rid);
  }
  progressed_fds_.clear();
}

void Guard::add_handled() {
  handled_wanted_ = false;
  next_->counts = true;
  next_->all_handled = std::exchange(none_waits_, false);
  next_->handled.reserve(handled_fds_.size());
  for (int fd : handled_fds_) {
    Slot& slot = slots_[static_cast<size_t>(fd)];
    if (slot.handled != 0) next_->handled.push_back({slot.rid, std::exchange(slot.handled, 0)});
  }
  handled_fds_.clear();
}

void Guard::listen(Loop& loop, std::function<void(uint64_t rid)> gone) {
  mailbox_.listen(loop, [this, gone = std::move(gone)] {
    for (int i = 0; i < kBudget; ++i) {
      const auto news = mailbox_.receive();
      if (!news) return false;
      counters_ = news->counters;
      round_wanted_ |= news->round_wanted;
      handled_wanted_ |= news->handled_wanted;
      for (uint64_t rid : news->gone) gone(rid);
    }
    return true;
  });
}

}  // namespace fastchat
