// Writes all bytes to a file. A full disk often takes a part of the bytes first, and names its error with the next
// write.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <string_view>

namespace fastchat {

// Writes at the place of a blocking descriptor. Returns false with errno when the file takes no more.
inline bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

}  // namespace fastchat
