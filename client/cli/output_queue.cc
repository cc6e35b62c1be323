#include "client/cli/output_queue.h"

#include <poll.h>
#include <pthread.h>

#include <cerrno>
#include <csignal>
#include <utility>

#include "client/rpc/write_now.h"
#include "common/standard_streams.h"

namespace fastchat::cli {

OutputQueue::OutputQueue(Loop& loop, int fd)
    : loop_(loop), own_(rpc::own_terminal(fd)), fd_(own_.get() >= 0 ? own_.get() : fd) {}

OutputQueue::~OutputQueue() {
  if (watching_) loop_.remove_fd(fd_);
}

Result<> OutputQueue::add(const std::string& line) {
  if (error_) return *error_;
  lines_.add(line);
  added_ += line.size() + 1;
  write_some();
  if (!error_ && lines_.size() > kMaxUnread) {
    lines_.drop_rest();
    added_ = taken_ + lines_.size();
    std::erase_if(written_, [this](const Waiting& it) { return it.upto > added_; });
    dropped_ = true;
    error_ =
        err(Code::kLocalDisk, "more than 16 MiB waited for the reader of standard output: the rest is not printed");
  }
  watch(wanted_);
  if (error_) return *error_;
  return Unit{};
}

bool OutputQueue::offer(const std::string& line) {
  return !error_ && (lines_.size() + line.size() >= kMaxUnread || add(line).ok());
}

void OutputQueue::when_written(std::function<void()> call) {
  if (empty() && !error_) return call();
  if (!error_) written_.push_back({added_, std::move(call)});
}

bool OutputQueue::takes_more() const {
  if (error_) return true;
  pollfd one{fd_, POLLOUT, 0};
  return empty() && poll(&one, 1, 0) != 0;
}

void OutputQueue::watch(bool wanted) {
  wanted_ = wanted;
  const bool watches = wanted || !empty();
  if (watches == watching_) return;
  watching_ = watches;
  if (!watches) return loop_.remove_fd(fd_);
  loop_.add_fd(fd_, POLLOUT, [this](short) {
    write_some();
    watch(wanted_);
  });
}

void OutputQueue::write_some() {
  while (!empty()) {
    const ssize_t n = rpc::write_now(fd_, lines_.waiting());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && rpc::is_momentary(errno)) return;
    if (n < 0) {
      error_ = output_error(errno);
      lines_.clear();
      written_.clear();
      return;
    }
    lines_.taken(static_cast<size_t>(n));
    taken_ += static_cast<uint64_t>(n);
    tell_written();
  }
}

void OutputQueue::tell_written() {
  while (!written_.empty() && written_.front().upto <= taken_) {
    const auto call = std::move(written_.front().call);
    written_.pop_front();
    call();
  }
}

void OutputQueue::finish() {
  if (watching_) loop_.remove_fd(fd_);
  watching_ = false;
  if (empty() || dropped_) return;
  written_.clear();
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_UNBLOCK, &all, nullptr);
  for (write_some(); !empty(); write_some()) {
    pollfd one{fd_, POLLOUT, 0};
    (void)poll(&one, 1, -1);
  }
}

}  // namespace fastchat::cli
