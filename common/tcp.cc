#include "common/tcp.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstddef>
#include <optional>

namespace fastchat {
namespace {

// Returns nullopt when the kernel is too old to have filled the first `least` bytes.
std::optional<tcp_info> info_of(int fd, size_t least) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 || size < least) return std::nullopt;
  return info;
}

}  // namespace

// The two calls see two moments. In the other order, bytes that arrive between the calls would be subtracted without
// having been counted. The result would be too small, and a connection that has just said hello looked like one that
// had not.
int64_t bytes_taken(int fd) {
  int unread = 0;
  if (ioctl(fd, FIONREAD, &unread) != 0) return -1;
  const auto info = info_of(fd, offsetof(tcp_info, tcpi_bytes_received) + sizeof(tcp_info::tcpi_bytes_received));
  if (!info) return -1;
  return static_cast<int64_t>(info->tcpi_bytes_received) - unread;
}

int64_t bytes_acknowledged(int fd) {
  const auto info = info_of(fd, offsetof(tcp_info, tcpi_bytes_acked) + sizeof(tcp_info::tcpi_bytes_acked));
  return info ? static_cast<int64_t>(info->tcpi_bytes_acked) : -1;
}

}  // namespace fastchat
