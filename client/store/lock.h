// The lock of a data directory, which one process at a time holds: a file with the holder's process id. The kernel
// releases the lock with the process, however the process ends.
#pragma once

#include <string>

#include "common/result.h"

namespace fastchat::store {

class ProfileLock {
 public:
  // Takes the lock. Fails with kLocalProfileInUse, which names the holding process, or with kLocalDisk when the lock
  // file cannot be made.
  static Result<ProfileLock> take(const std::string& directory);
  ProfileLock(ProfileLock&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  ProfileLock& operator=(ProfileLock&& other) noexcept;
  ~ProfileLock();

 private:
  explicit ProfileLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace fastchat::store
