#include "common/loop.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "common/check.h"
#include "common/clock.h"

namespace fastchat {
namespace {

// The longest wait, so that the loop always has an expected time of waking.
constexpr int64_t kLongestWaitUs = 1'000'000;

timespec as_timespec(int64_t us) {
  return {.tv_sec = us / 1'000'000, .tv_nsec = us % 1'000'000 * 1'000};
}

}  // namespace

Loop::Loop() : now_us_(Clock::monotonic_us()), expected_boot_us_(Clock::boot_us()) {}

Loop::~Loop() {
  if (signal_fd_ >= 0) close(signal_fd_);
}

Loop::Source& Loop::add(zmq::socket_t& socket, SocketReady ready) {
  auto source = std::make_unique<Source>();
  source->socket = &socket;
  source->fd = socket.get(zmq::sockopt::fd);
  source->events = POLLIN;
  source->socket_ready = std::move(ready);
  polled_stale_ = true;
  sources_.push_back(std::move(source));
  return *sources_.back();
}

void Loop::add_socket(zmq::socket_t& socket, SocketReady ready, bool* used) {
  add(socket, std::move(ready)).used = used;
}

void Loop::add_quiet_socket(zmq::socket_t& socket, SocketReady ready) {
  add(socket, std::move(ready)).quiet = true;
}

void Loop::remove_socket(zmq::socket_t& socket) {
  for (auto& source : sources_) {
    if (source->socket == &socket) source->removed = any_removed_ = true;
  }
}

void Loop::add_fd(int fd, short events, FdReady ready) {
  FC_CHECK(find_fd(fd) == nullptr);
  auto source = std::make_unique<Source>();
  source->fd = fd;
  source->events = events;
  source->fd_ready = std::move(ready);
  sources_.push_back(std::move(source));
  polled_stale_ = true;
}

Loop::Source* Loop::find_fd(int fd) {
  for (auto& source : sources_) {
    if (source->socket == nullptr && source->fd == fd && !source->removed) return source.get();
  }
  return nullptr;
}

void Loop::set_fd_events(int fd, short events) {
  Source* source = find_fd(fd);
  FC_CHECK(source != nullptr);
  if (source->events == events) return;
  source->events = events;
  polled_stale_ = true;
}

void Loop::remove_fd(int fd) {
  if (Source* source = find_fd(fd)) source->removed = any_removed_ = true;
}

Loop::TimerId Loop::at(int64_t when_us, TimerCall call) {
  const TimerId id = next_timer_++;
  timers_.emplace(std::pair(when_us, id), std::move(call));
  timer_times_.emplace(id, when_us);
  return id;
}

void Loop::cancel(TimerId id) {
  const auto found = timer_times_.find(id);
  if (found == timer_times_.end()) return;
  timers_.erase({found->second, id});
  timer_times_.erase(found);
}

void Loop::on_signals(std::initializer_list<int> signals, std::function<void(int)> call) {
  FC_CHECK(signal_fd_ < 0);
  sigset_t set;
  sigemptyset(&set);
  for (int signal : signals) sigaddset(&set, signal);
  FC_CHECK(pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0);
  signal_fd_ = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  FC_CHECK(signal_fd_ >= 0);
  signal_call_ = std::move(call);
  add_fd(signal_fd_, POLLIN, [this](short) { read_signals(); });
}

void Loop::read_signals() {
  signalfd_siginfo info{};
  while (read(signal_fd_, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    signal_call_(static_cast<int>(info.ssi_signo));
  }
}

void Loop::set_tick(std::function<int64_t()> next_us, TimerCall tick) {
  next_tick_ = std::move(next_us);
  tick_ = std::move(tick);
}

void Loop::on_turn_end(TimerCall call) {
  turn_end_.push_back(std::move(call));
}

void Loop::on_overslept(std::function<void(int64_t)> call) {
  overslept_.push_back(std::move(call));
}

void Loop::run() {
  while (!stopping_) run_once(kLongestWaitUs);
}

void Loop::run_once(int64_t max_wait_us) {
  const int64_t wait = wait_us(max_wait_us);
  expected_boot_us_ += wait;
  poll(wait);
  now_us_ = Clock::monotonic_us();
  check_overslept();
  more_ = false;
  run_timers();
  dispatch();
  if (tick_ && next_tick_() <= (now_us_ = Clock::monotonic_us())) tick_(now_us_);
  for (size_t i = 0; i < turn_end_.size(); ++i) turn_end_[i](now_us_);
  forget_removed();
}

int64_t Loop::wait_us(int64_t max_wait_us) const {
  if (more_ || stopping_) return 0;
  int64_t until = kNever;
  if (!timers_.empty()) until = timers_.begin()->first.first;
  if (next_tick_) until = std::min(until, next_tick_());
  const int64_t longest = std::min(max_wait_us, kLongestWaitUs);
  if (until == kNever) return longest;
  return std::clamp<int64_t>(until - Clock::monotonic_us(), 0, longest);
}

// Reads the socket's pending events. Any later event makes the socket's descriptor readable.
void Loop::ask(Source& source) {
  int events = 0;
  size_t size = sizeof events;
  if (zmq_getsockopt(source.socket->handle(), ZMQ_EVENTS, &events, &size) != 0) {
    // An interrupted query may have consumed the event already.
    FC_CHECK(zmq_errno() == EINTR || zmq_errno() == ETERM);
    source.readable = false;
    source.ask = true;
    return;
  }
  source.readable = (events & ZMQ_POLLIN) != 0;
  source.ask = source.readable;
  if (source.used != nullptr) *source.used = false;
}

// Returns true when a socket has messages.
bool Loop::ask_sockets() {
  bool any = false;
  for (auto& source : sources_) {
    if (source->socket == nullptr) continue;
    const bool used = source->used != nullptr ? *source->used : !source->quiet;
    if (source->ask || used) ask(*source);
    any = any || source->readable;
  }
  return any;
}

void Loop::poll(int64_t wait_us) {
  forget_removed();  // sources removed between two turns
  if (polled_stale_) {
    polled_.clear();
    for (const auto& source : sources_) polled_.push_back({source->fd, source->events, 0});
    polled_stale_ = false;
  }
  const timespec wait = as_timespec(ask_sockets() ? 0 : wait_us);
  if (ppoll(polled_.data(), polled_.size(), &wait, nullptr) < 0) {
    FC_CHECK(errno == EINTR);
    for (auto& item : polled_) item.revents = 0;
  }
  for (size_t i = 0; i < polled_.size(); ++i) {
    Source& source = *sources_[i];
    if (source.socket != nullptr && polled_[i].revents != 0 && !source.readable) ask(source);
  }
}

// Compares with the end of the wait, or of the previous turn: a stop of the process can come anywhere.
void Loop::check_overslept() {
  const int64_t boot = Clock::boot_us();
  const int64_t gap = boot - expected_boot_us_;
  expected_boot_us_ = boot;
  if (gap <= kOversleptUs) return;
  for (size_t i = 0; i < overslept_.size(); ++i) overslept_[i](gap);
}

void Loop::run_timers() {
  while (!timers_.empty() && timers_.begin()->first.first <= now_us_) {
    auto due = timers_.extract(timers_.begin());
    timer_times_.erase(due.key().second);
    due.mapped()(now_us_);
  }
}

void Loop::dispatch() {
  // Handlers may add sources. New sources were not polled and wait for the next turn.
  const size_t polled = polled_.size();
  const auto call_fd = [&](size_t i) {
    if (polled_[i].revents != 0 && !sources_[i]->removed) sources_[i]->fd_ready(polled_[i].revents);
  };
  for (size_t i = 0; i < polled; ++i) {
    if (sources_[i]->fd == signal_fd_) call_fd(i);
  }
  for (size_t i = 0; i < polled; ++i) {
    Source& source = *sources_[i];
    if (source.socket == nullptr || source.removed || !std::exchange(source.readable, false)) continue;
    source.ask = true;
    more_ = source.socket_ready() || more_;
  }
  for (size_t i = 0; i < polled; ++i) {
    if (sources_[i]->socket == nullptr && sources_[i]->fd != signal_fd_) call_fd(i);
  }
}

void Loop::forget_removed() {
  if (!any_removed_) return;
  std::erase_if(sources_, [](const auto& source) { return source->removed; });
  any_removed_ = false;
  polled_stale_ = true;
}

}  // namespace fastchat
