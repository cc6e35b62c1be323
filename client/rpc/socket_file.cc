#include "client/rpc/socket_file.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

namespace fastchat::rpc {
namespace {

constexpr const char* kName = "socket";
constexpr const char* kNewName = "socket.new";  // its name until it listens

Error failed(const std::string& what, const std::string& directory) {
  return err(Code::kLocalDisk, "cannot " + what + " " + directory + "/" + kName + ": " + std::strerror(errno));
}

Descriptor open_folder(const std::string& directory) {
  return Descriptor(open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
}

sockaddr_un address_in(const Descriptor& folder, const char* name = kName) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = "/proc/self/fd/" + std::to_string(folder.get()) + "/" + name;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

const sockaddr* generic(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

Descriptor::~Descriptor() {
  if (fd_ >= 0) close(fd_);
}

Result<Descriptor> listen_in(const std::string& directory) {
  const Descriptor folder = open_folder(directory);
  if (folder.get() < 0) return failed("open", directory);
  Descriptor fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (fd.get() < 0) return failed("make", directory);
  if (unlinkat(folder.get(), kNewName, 0) != 0 && errno != ENOENT) return failed("replace", directory);
  const sockaddr_un address = address_in(folder, kNewName);
  // The file gets the socket's mode, so no other user can connect at any moment.
  if (fchmod(fd.get(), 0600) != 0 || bind(fd.get(), generic(address), sizeof address) != 0 ||
      listen(fd.get(), SOMAXCONN) != 0 || renameat(folder.get(), kNewName, folder.get(), kName) != 0) {
    return failed("make", directory);
  }
  return fd;
}

void remove_socket(const std::string& directory) {
  const Descriptor folder = open_folder(directory);
  if (folder.get() >= 0) unlinkat(folder.get(), kName, 0);
}

Result<Descriptor> connect_in(const std::string& directory) {
  const Descriptor folder = open_folder(directory);
  Descriptor fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_un address = address_in(folder);
  if (folder.get() < 0 || fd.get() < 0 || connect(fd.get(), generic(address), sizeof address) != 0) {
    return err(Code::kLocalUnreachable, "nobody serves the profile in " + directory);
  }
  if (!is_own_user(fd.get())) return err(Code::kNotAllowed, "another user serves the profile in " + directory);
  return fd;
}

bool is_own_user(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == geteuid();
}

}  // namespace fastchat::rpc
