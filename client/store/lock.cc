#include "client/store/lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "common/write_all.h"

namespace fastchat::store {

Result<ProfileLock> ProfileLock::take(const std::string& directory) {
  const std::string path = directory + "/lock";
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return err(Code::kLocalDisk, "cannot open " + path + ": " + std::strerror(errno));
  ProfileLock lock(fd);
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return err(Code::kLocalDisk, "cannot lock " + path + ": " + std::strerror(errno));
    char pid[24] = {};
    const ssize_t n = pread(fd, pid, sizeof pid - 1, 0);
    std::string who = n > 0 ? std::string(pid, static_cast<size_t>(n)) : std::string("unknown");
    while (!who.empty() && (who.back() < '0' || who.back() > '9')) who.pop_back();
    return err(Code::kLocalProfileInUse,
               "profile in use by process " + who + ": end that first, or use another --data-dir");
  }
  const std::string mine = std::to_string(getpid()) + "\n";
  if (ftruncate(fd, 0) != 0 || !write_all(fd, mine)) {
    return err(Code::kLocalDisk, "cannot write " + path + ": " + std::strerror(errno));
  }
  return lock;
}

ProfileLock& ProfileLock::operator=(ProfileLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

ProfileLock::~ProfileLock() {
  if (fd_ >= 0) close(fd_);
}

}  // namespace fastchat::store
