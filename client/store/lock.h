// One process per data directory: a lock file with the holder's process id. The kernel releases it with the process,
// however that ends.
#pragma once

#include <string>

#include "common/result.h"

namespace fastchat::store {

class ProfileLock {
 public:
  // kLocalProfileInUse names the process that holds it; kLocalDisk when the file cannot be made.
  static Result<ProfileLock> take(const std::string& directory);
  ProfileLock(ProfileLock&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  ProfileLock& operator=(ProfileLock&& other) noexcept;
  ~ProfileLock();

 private:
  explicit ProfileLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace fastchat::store
