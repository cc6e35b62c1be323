#include "client/files/rename_new.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace fastchat::client {

int rename_new(int from_folder, const std::string& from, int to_folder, const std::string& to) {
  if (renameat2(from_folder, from.c_str(), to_folder, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  // On a file system without RENAME_NOREPLACE, an empty file takes the name first.
  const int fd = ::openat(to_folder, to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return errno;
  ::close(fd);
  if (renameat(from_folder, from.c_str(), to_folder, to.c_str()) == 0) return 0;
  const int error = errno;
  (void)unlinkat(to_folder, to.c_str(), 0);
  return error;
}

}  // namespace fastchat::client
