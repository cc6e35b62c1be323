#include "client/rpc/write_now.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <string>

namespace fastchat::rpc {

ssize_t write_now(int fd, std::string_view bytes) {
  const ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent >= 0 || errno != ENOTSOCK) return sent;
  // A ready pipe takes at least PIPE_BUF bytes.
  pollfd one{fd, POLLOUT, 0};
  if (poll(&one, 1, 0) != 1 || (one.revents & POLLOUT) == 0) {
    errno = (one.revents & (POLLERR | POLLNVAL)) != 0 ? EPIPE : EAGAIN;
    return -1;
  }
  return write(fd, bytes.data(), std::min<size_t>(bytes.size(), PIPE_BUF));
}

bool is_momentary(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

Descriptor own_terminal(int fd) {
  if (isatty(fd) == 0) return Descriptor();
  const std::string path = "/proc/self/fd/" + std::to_string(fd);
  return Descriptor(open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

}  // namespace fastchat::rpc
