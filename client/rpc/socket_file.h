// The unix socket of a profile: the file "socket" in its folder, for this user alone. Who holds the profile's lock
// makes it and removes it; a file that a killed holder left behind is replaced by the next one. It gets its name when
// it listens, so whoever finds it is served. The path may be longer than a socket's address may be (108 bytes): the
// folder is opened, and the address goes through /proc/self/fd.
#pragma once

#include <string>

#include "common/result.h"

namespace fastchat::rpc {

// A descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();
  int get() const { return fd_; }
  int release() {
    const int fd = fd_;
    fd_ = -1;
    return fd;
  }

 private:
  int fd_;
};

// A listening socket, not blocking, its file with mode 0600. kLocalDisk.
Result<Descriptor> listen_in(const std::string& directory);
// Removes the file. Only for who holds the profile's lock.
void remove_socket(const std::string& directory);

// A connection to the holder of the profile. kLocalUnreachable: nobody serves it; kNotAllowed: another user does.
Result<Descriptor> connect_in(const std::string& directory);

// Whether the program at the other end belongs to this user.
bool is_own_user(int fd);

}  // namespace fastchat::rpc
