// The unix socket of a profile: the file "socket" in the profile's folder, for this user alone. The process that holds
// the profile's lock makes and removes the file. The next holder replaces a file that a killed holder left. The file
// gets its name once the socket listens, so a client that finds the file is served. The path may be longer than the
// address of a socket allows (108 bytes): the functions open the folder and use an address below /proc/self/fd.
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

// Returns a listening, non-blocking socket with a file of mode 0600. Fails with kLocalDisk.
Result<Descriptor> listen_in(const std::string& directory);
// Removes the file. Only the holder of the profile's lock may call this function.
void remove_socket(const std::string& directory);

// Returns a connection to the holder of the profile. Fails with kLocalUnreachable when no process serves the profile,
// and with kNotAllowed when another user does.
Result<Descriptor> connect_in(const std::string& directory);

// Returns true when the process at the other end belongs to this user.
bool is_own_user(int fd);

}  // namespace fastchat::rpc
