#include "common/loop.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "common/check.h"
#include "common/clock.h"

namespace fastchat {
namespace {

// zmq_poll counts in milliseconds; a wait shorter than this gets a timer descriptor in the poll set.
constexpr int64_t kFineUs = 5'000;
// The loop always knows when it should have woken up.
constexpr int64_t kLongestWaitUs = 1'000'000;

itimerspec after_us(int64_t us) {
  itimerspec spec{};
  spec.it_value.tv_sec = us / 1'000'000;
  spec.it_value.tv_nsec = us % 1'000'000 * 1'000;
  return spec;
}

}  // namespace

Loop::Loop() : timer_fd_(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) {
  FC_CHECK(timer_fd_ >= 0);
  now_us_ = Clock::monotonic_us();
  expected_boot_us_ = Clock::boot_us();
}

Loop::~Loop() {
  close(timer_fd_);
  if (signal_fd_ >= 0) close(signal_fd_);
}

void Loop::add_socket(zmq::socket_t& socket, SocketReady ready) {
  auto source = std::make_unique<Source>();
  source->socket = &socket;
  source->events = ZMQ_POLLIN;
  source->socket_ready = std::move(ready);
  sources_.push_back(std::move(source));
  items_stale_ = true;
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
  items_stale_ = true;
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
  items_stale_ = true;
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

void Loop::arm(int64_t wait_us) {
  const bool fine = wait_us > 0 && wait_us < kFineUs && wait_us % 1'000 != 0;
  if (!fine && !timer_armed_) return;
  const itimerspec spec = after_us(fine ? wait_us : 0);
  FC_CHECK(timerfd_settime(timer_fd_, 0, &spec, nullptr) == 0);
  timer_armed_ = fine;
}

void Loop::poll(int64_t wait_us) {
  forget_removed();  // what was removed between two turns
  if (items_stale_) {
    items_.assign(1, zmq_pollitem_t{nullptr, timer_fd_, ZMQ_POLLIN, 0});
    for (const auto& source : sources_) {
      void* handle = source->socket == nullptr ? nullptr : source->socket->handle();
      const bool in = (source->events & POLLIN) != 0, out = (source->events & POLLOUT) != 0;
      const short events = source->socket != nullptr
                               ? short{ZMQ_POLLIN}
                               : static_cast<short>((in ? ZMQ_POLLIN : 0) | (out ? ZMQ_POLLOUT : 0));
      items_.push_back({handle, source->fd, events, 0});
    }
    items_stale_ = false;
  }
  arm(wait_us);
  const int rc = zmq_poll(items_.data(), static_cast<int>(items_.size()), static_cast<long>((wait_us + 999) / 1'000));
  if (rc < 0) {
    FC_CHECK(zmq_errno() == EINTR || zmq_errno() == ETERM);
    for (auto& item : items_) item.revents = 0;
  }
}

// Late against the end of the wait, or of the turn before it: a stop can come anywhere.
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
  // Handlers may add sources: those have no item yet and wait for the next turn.
  const size_t polled = items_.size() - 1;
  const auto handle = [&](size_t i, bool sockets) {
    Source& source = *sources_[i];
    const short revents = items_[i + 1].revents;
    if (revents == 0 || source.removed || (source.socket != nullptr) != sockets) return;
    if (source.socket != nullptr) {
      more_ = source.socket_ready() || more_;
      return;
    }
    const int bits = ((revents & ZMQ_POLLIN) != 0 ? POLLIN : 0) | ((revents & ZMQ_POLLOUT) != 0 ? POLLOUT : 0) |
                     ((revents & ZMQ_POLLERR) != 0 ? POLLERR : 0);
    source.fd_ready(static_cast<short>(bits));
  };
  for (size_t i = 0; i < polled; ++i) {
    if (sources_[i]->fd == signal_fd_ && sources_[i]->socket == nullptr) handle(i, false);
  }
  for (size_t i = 0; i < polled; ++i) handle(i, true);
  for (size_t i = 0; i < polled; ++i) {
    if (sources_[i]->fd != signal_fd_) handle(i, false);
  }
}

void Loop::forget_removed() {
  if (!any_removed_) return;
  std::erase_if(sources_, [](const auto& source) { return source->removed; });
  any_removed_ = false;
  items_stale_ = true;
}

}  // namespace fastchat
