#include "common/guard_core.h"

#include <arpa/inet.h>

#include <algorithm>
#include <utility>

#include "common/bytes.h"

namespace fastchat {

void GuardCore::accepted(int fd, const std::string& peer, const std::string& address, int64_t now_us) {
  if (connections_.contains(fd)) disconnected(fd);
  Connection& c = connections_[fd];
  c = Connection{.peer = peer, .address = address, .accepted_us = now_us, .generation = next_generation_++};
  unread_.opened(fd, address);
  ++counters_.accepted;
  counters_.open = connections_.size();
  const size_t from_address = ++per_address_[address];
  if (connections_.size() > limits_.max_connections) {
    kill(fd, c, GuardReason::kTotal);
  } else if (from_address > limits_.max_per_address || connects_.take(now_us, address, burst(), every_us()) > 0) {
    kill(fd, c, GuardReason::kAddress);
  } else {
    deadlines_.emplace(now_us + limits_.hello_us, Deadline{fd, c.generation, GuardReason::kHello});
  }
}

void GuardCore::disconnected(int fd) {
  const auto found = connections_.find(fd);
  if (found == connections_.end()) return;
  Connection& c = found->second;
  if (c.rid != 0) {
    gone_.push_back(c.rid);
    fd_of_.erase(c.rid);
  }
  set_excess(c, 0);
  unread_.closed(fd);
  big_end_ |= c.bytes - c.bytes_at_progress > limits_.hello_bytes;
  std::erase_if(kills_, [&](const Kill& k) { return k.fd == fd; });
  drop_address(c.address);
  connections_.erase(found);
  ++counters_.disconnected;
  counters_.open = connections_.size();
}

void GuardCore::drop_address(const std::string& address) {
  const auto found = per_address_.find(address);
  if (found != per_address_.end() && --found->second == 0) per_address_.erase(found);
}

int64_t GuardCore::burst() const {
  return static_cast<int64_t>(std::max(limits_.address_burst, limits_.max_per_address));
}

int64_t GuardCore::every_us() const {
  return std::max<int64_t>(1, limits_.address_every_us * static_cast<int64_t>(limits_.address_burst) / burst());
}

void GuardCore::seen(uint64_t rid, int fd, int64_t taken) {
  const auto found = connections_.find(fd);
  const bool past = found == connections_.end() || (taken >= 0 && taken < limits_.handshake_bytes) ||
                    (found->second.rid != 0 && came_before(rid, found->second.rid));
  if (past) {
    gone_.push_back(rid);
    return;
  }
  Connection& c = found->second;
  if (c.rid == rid) return;
  if (c.rid != 0) {
    gone_.push_back(c.rid);
    fd_of_.erase(c.rid);
  }
  c.rid = rid;
  c.said_hello = true;
  fd_of_[rid] = fd;
}

void GuardCore::progressed(const std::vector<uint64_t>& rids) {
  ++round_;
  for (uint64_t rid : rids) {
    const auto fd = fd_of_.find(rid);
    if (fd == fd_of_.end()) continue;
    Connection& c = connections_.at(fd->second);
    c.finished_one = true;
  }
}

void GuardCore::end(uint64_t rid, int64_t now_us, bool offence) {
  const auto fd = fd_of_.find(rid);
  if (fd == fd_of_.end()) return;
  const Connection& c = connections_.at(fd->second);
  deadlines_.emplace(now_us + limits_.linger_us, Deadline{fd->second, c.generation, GuardReason::kAsked, rid});
  if (offence) fine(c, now_us);
}

void GuardCore::sampled(int fd, int64_t bytes, int64_t now_us) {
  const auto found = connections_.find(fd);
  if (found == connections_.end()) return;
  Connection& c = found->second;
  c.bytes = bytes;
  unread_.taken(fd, bytes);
  if (std::exchange(c.finished_one, false)) {
    c.bytes_at_progress = bytes;
    set_excess(c, 0);
  }
  const bool killed_before = c.killed;
  // The owner may just be busy, so two of its rounds must pass without a message of this connection. Before its first
  // message a connection has no reason to send so much.
  if (!c.said_hello) {
    if (bytes > limits_.hello_bytes) kill(fd, c, GuardReason::kStalled);
  } else if (bytes - c.bytes_at_progress <= limits_.stall_bytes) {
    set_excess(c, 0);
  } else if (c.round_at_excess == 0) {
    set_excess(c, round_);
  } else if (round_ >= c.round_at_excess + 2) {
    kill(fd, c, GuardReason::kStalled);
  }
  if (c.killed && !killed_before) fine(c, now_us);
}

void GuardCore::looked(int64_t now_us) {
  ++counters_.samples;
  end_unread(unread_.over_without_news(), now_us);
}

void GuardCore::handled(const std::vector<Handled>& news, bool all, int64_t now_us) {
  for (const Handled& h : news) {
    const auto fd = fd_of_.find(h.rid);
    if (fd != fd_of_.end()) unread_.handled(fd->second, h.bytes);
  }
  if (all) unread_.all_handled();
  end_unread(unread_.over_after_news(), now_us);
}

void GuardCore::end_unread(const std::vector<int>& fds, int64_t now_us) {
  for (const int fd : fds) {
    Connection& c = connections_.at(fd);
    if (!c.killed) fine(c, now_us);
    kill(fd, c, GuardReason::kUnread);
    big_end_ = true;
  }
}

void GuardCore::fine(const Connection& c, int64_t now_us) {
  connects_.charge(now_us, c.address, limits_.offence_connections, every_us(),
                   now_us + burst() * every_us() + limits_.address_wait_us);
}

void GuardCore::set_excess(Connection& c, uint64_t round) {
  excess_ += (round != 0 ? 1 : 0);
  excess_ -= (c.round_at_excess != 0 ? 1 : 0);
  c.round_at_excess = round;
}

std::vector<GuardCore::Kill> GuardCore::kills(int64_t now_us) {
  while (!deadlines_.empty() && deadlines_.begin()->first <= now_us) {
    const Deadline due = deadlines_.begin()->second;
    deadlines_.erase(deadlines_.begin());
    const auto found = connections_.find(due.fd);
    if (found == connections_.end() || found->second.generation != due.generation) continue;
    if (due.reason == GuardReason::kHello && found->second.said_hello) continue;
    if (due.reason == GuardReason::kAsked && found->second.rid != due.rid) continue;
    kill(due.fd, found->second, due.reason);
  }
  return std::exchange(kills_, {});
}

void GuardCore::kill(int fd, Connection& c, GuardReason reason) {
  if (c.killed) return;
  c.killed = true;
  set_excess(c, 0);
  kills_.push_back({fd, c.peer, reason});
  switch (reason) {
    case GuardReason::kTotal:
      ++counters_.over_total;
      break;
    case GuardReason::kAddress:
      ++counters_.over_address;
      break;
    case GuardReason::kHello:
      ++counters_.no_hello;
      break;
    case GuardReason::kStalled:
      ++counters_.stalled;
      break;
    case GuardReason::kUnread:
      ++counters_.unread;
      break;
    case GuardReason::kAsked:
      ++counters_.asked;
      break;
  }
}

std::vector<uint64_t> GuardCore::take_gone() {
  return std::exchange(gone_, {});
}

std::string address_key(const std::string& address) {
  in6_addr v6{};
  if (inet_pton(AF_INET6, address.c_str(), &v6) != 1) return address;
  const auto* bytes = reinterpret_cast<const char*>(v6.s6_addr);
  if (IN6_IS_ADDR_V4MAPPED(&v6)) {
    char text[INET_ADDRSTRLEN];
    return inet_ntop(AF_INET, bytes + 12, text, sizeof text);
  }
  return to_hex({bytes, 8}) + "/64";
}

}  // namespace fastchat
