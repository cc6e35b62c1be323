#include "common/standard_streams.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace fastchat {
namespace {

// Removes the last `bytes` of a file again, when they are at its end.
void take_back(size_t bytes) {
  struct stat info {};
  const off_t end = lseek(STDOUT_FILENO, 0, SEEK_CUR), begin = end - static_cast<off_t>(bytes);
  if (bytes == 0 || begin < 0 || fstat(STDOUT_FILENO, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size != end) {
    return;
  }
  if (ftruncate(STDOUT_FILENO, begin) == 0) (void)lseek(STDOUT_FILENO, begin, SEEK_SET);
}

}  // namespace

void open_standard_streams() {
  static constexpr int kModes[] = {O_WRONLY, O_RDONLY, O_WRONLY};
  // In this order the lowest free number is the closed descriptor.
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
    if (open("/dev/null", kModes[fd]) != fd) _exit(2);
  }
}

Error output_error(int cause) {
  return err(Code::kLocalDisk, std::string("standard output cannot be written: ") + std::strerror(cause));
}

bool output_is_open() {
  const int flags = fcntl(STDOUT_FILENO, F_GETFL);
  return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
}

Result<> write_output(std::string_view text) {
  size_t written = 0;
  while (!text.empty()) {
    const ssize_t n = write(STDOUT_FILENO, text.data(), text.size());
    if (n >= 0) {
      text.remove_prefix(static_cast<size_t>(n));
      written += static_cast<size_t>(n);
    } else if (errno == EAGAIN) {
      // Another process made the terminal or the pipe non-blocking.
      pollfd wait{STDOUT_FILENO, POLLOUT, 0};
      (void)poll(&wait, 1, -1);
    } else if (errno != EINTR) {
      const int cause = errno;
      take_back(written);
      return output_error(cause);
    }
  }
  return Unit{};
}

Result<> finish_output() {
  const int copy = dup(STDOUT_FILENO);
  if (copy >= 0 && close(copy) != 0 && errno != EINTR) return output_error(errno);
  return Unit{};
}

}  // namespace fastchat
