#include "client/rpc/server.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "client/rpc/message.h"
#include "client/rpc/write_now.h"
#include "common/clock.h"

namespace fastchat::rpc {
namespace {

constexpr int64_t kMaxEndingUs = 5'000'000;  // time limit for a reader that does not take the last lines
constexpr size_t kReadBytes = 64 * 1024;

}  // namespace

Peer::Peer(Loop& loop, LineHandler& handler, Descriptor in, Descriptor out, size_t max_line)
    : loop_(loop), handler_(handler), in_(std::move(in)), out_(std::move(out)), lines_(max_line) {
  loop_.add_fd(in_.get(), POLLIN, [this](short events) { ready(events); });
  if (out_.get() >= 0) loop_.add_fd(out_.get(), 0, [this](short events) { ready(events & ~POLLIN); });
}

Peer::~Peer() {
  close();
}

void Peer::send(std::string_view line) {
  if (gone_ || ending_ || lost_reader_) return;
  out_queue_.add(line);
  write_some();
  if (gone_ || out_queue_.size() <= kMaxWaiting) return;
  out_queue_.drop_rest();
  refuse(kSlowReader, "more than 16 MiB waited for this reader");
}

void Peer::refuse(int code, const std::string& text) {
  if (gone_ || ending_) return;
  out_queue_.add(error_line("null", code, text));
  end();
}

void Peer::end() {
  if (gone_ || ending_) return;
  if (lost_reader_) return close();
  ending_ = true;
  write_some();
  if (gone_) return;
  if (out_queue_.size() == 0) return close();
  ending_timer_ = loop_.at(Clock::monotonic_us() + kMaxEndingUs, [this](int64_t) { close(); });
  watch();
}

void Peer::wait(int most_ms) {
  if (gone_) return;
  pollfd one{in_.get(), static_cast<short>(POLLIN | (out_queue_.size() > 0 ? POLLOUT : 0)), 0};
  if (poll(&one, 1, most_ms) > 0) ready(one.revents);
}

void Peer::ready(short events) {
  // A pipe hangs up when its last writer closes it, which is the end of the lines. A socket hangs up when its peer is
  // gone.
  const bool hung_up = (events & POLLHUP) != 0 && (events & POLLIN) == 0;
  // A socket with an error may have lines that came before; read() reports the error behind them.
  const bool has_lines = (events & POLLIN) != 0 && out_.get() < 0 && !ended_lines_;
  if (((events & (POLLERR | POLLNVAL)) != 0 && !has_lines) || (hung_up && out_.get() < 0)) return close();
  if ((events & POLLOUT) != 0) write_some();
  if ((events & (POLLIN | POLLHUP)) != 0 && !gone_ && !ended_lines_) read_some();
}

void Peer::read_some() {
  char buffer[kReadBytes];
  const ssize_t n = read(in_.get(), buffer, sizeof buffer);
  if (n < 0 && is_momentary(errno)) return;
  if (n < 0) return close();
  if (n == 0) {
    ended_lines_ = true;
    watch();
    return handle_lines();
  }
  // Reads and drops the input of an ending connection: a close() with unread bytes would discard the last lines sent.
  if (ending_) return;
  lines_.add({buffer, static_cast<size_t>(n)});
  handle_lines();
}

void Peer::handle_lines() {
  if (handling_) return;
  handling_ = true;
  while (!ending_ && !gone_) {
    if (lines_.too_long()) {
      refuse(kTooLong, "a line has more than " + std::to_string(lines_.max_line() >> 20) + " MiB");
      break;
    }
    std::optional<std::string> line = lines_.next();
    if (!line) break;
    if (!line->empty()) handler_.on_line(*this, std::move(*line));
  }
  handling_ = false;
  if (!gone_ && ended_lines_) handler_.on_end_of_lines(*this);
}

void Peer::write_some() {
  const size_t before = out_queue_.size();
  while (out_queue_.size() > 0 && !gone_) {
    const ssize_t n = write_now(out(), out_queue_.waiting());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && is_momentary(errno)) break;
    if (n < 0) return lose_reader();
    out_queue_.taken(static_cast<size_t>(n));
  }
  watch();
  if (before == 0 || out_queue_.size() > 0) return;
  if (ending_) return close();
  handler_.on_drained(*this);
}

// Handles the failure of a write: the other end reads nothing any more. Goes on reading from a socket, because lines of
// the other end may wait there, and closes at their end.
void Peer::lose_reader() {
  out_queue_.clear();
  if (lost_reader_ || ending_ || ended_lines_ || out_.get() >= 0) return close();
  lost_reader_ = true;
  ending_timer_ = loop_.at(Clock::monotonic_us() + kMaxEndingUs, [this](int64_t) { close(); });
  watch();
}

void Peer::watch() {
  if (gone_) return;
  const auto in = static_cast<short>(ended_lines_ ? 0 : POLLIN);
  const auto want = static_cast<short>(out_queue_.size() > 0 ? POLLOUT : 0);
  if (out_.get() < 0) return loop_.set_fd_events(in_.get(), static_cast<short>(in | want));
  // A pipe at its end reports a hang-up for ever, so its descriptor is closed. The output may still have a reader.
  if (ended_lines_) {
    if (in_.get() >= 0) loop_.remove_fd(in_.get());
    in_ = Descriptor();
  } else {
    loop_.set_fd_events(in_.get(), in);
  }
  loop_.set_fd_events(out_.get(), want);
}

void Peer::close() {
  if (gone_) return;
  gone_ = true;
  loop_.cancel(ending_timer_);
  if (in_.get() >= 0) loop_.remove_fd(in_.get());
  if (out_.get() >= 0) loop_.remove_fd(out_.get());
  in_ = Descriptor();
  out_ = Descriptor();
  handler_.on_gone(*this);
}

Server::~Server() {
  end();
}

Result<> Server::listen(const std::string& directory) {
  Result<Descriptor> fd = listen_in(directory);
  if (!fd.ok()) return fd.error();
  listener_ = std::move(*fd);
  directory_ = directory;
  loop_.add_fd(listener_.get(), POLLIN, [this](short) { accept(); });
  return Unit{};
}

Peer& Server::adopt(Descriptor in, Descriptor out) {
  auto peer = std::make_unique<Peer>(loop_, handler_, std::move(in), std::move(out));
  return *peers_.emplace(++next_, std::move(peer)).first->second;
}

void Server::accept() {
  Descriptor fd(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (fd.get() < 0 || !is_own_user(fd.get())) return;
  const bool full = peers_.size() >= kMaxConnections;
  if (peers_.size() >= 2 * kMaxConnections) return;  // refused peers that do not read the refusal
  Peer& peer = adopt(std::move(fd), Descriptor());
  if (full) peer.refuse(kTooMany, "64 connections are open, and no more are taken");
}

void Server::stop_listening() {
  if (listener_.get() < 0) return;
  loop_.remove_fd(listener_.get());
  listener_ = Descriptor();
  remove_socket(directory_);
}

void Server::end() {
  stop_listening();
  for (auto& [number, peer] : peers_) peer->end();
}

void Server::turn() {
  std::erase_if(peers_, [](const auto& peer) { return peer.second->gone(); });
}

}  // namespace fastchat::rpc
