#include "client/account/key_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "client/e2e/limits.h"
#include "common/write_all.h"

namespace fastchat::client {
namespace {

Error key_file_error(const std::string& what, int error) {
  if (error == ENOSPC)
    return err(Code::kLocalDisk, "the disk is full: free some space and try again; nothing was lost");
  return err(Code::kLocalDisk, what + ": " + std::strerror(error));
}

Result<> sync_folder(const std::string& folder) {
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = fd >= 0 && fsync(fd) == 0;
  const int error = errno;
  if (fd >= 0) close(fd);
  if (!synced) return key_file_error("cannot write to the folder " + folder, error);
  return Unit{};
}

}  // namespace

std::string other_key_file(const std::string& now) {
  return now == "unlock.key" ? "unlock.key.2" : "unlock.key";
}

Result<e2e::Secret> read_key_file(const std::string& folder, const std::string& name) {
  const std::string path = folder + "/" + name;
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return key_file_error("cannot read " + path + " (log in again to make a new one)", errno);
  struct stat info {};
  e2e::Secret key(e2e::kKey);
  const bool safe = fstat(fd, &info) == 0 && (info.st_mode & 077) == 0;
  const ssize_t n = read(fd, key.data(), key.size());
  close(fd);
  if (!safe)
    return err(Code::kLocalDisk,
               path + " is readable by others: run chmod 600 on it, and log in again if others had access");
  if (n != static_cast<ssize_t>(e2e::kKey)) return err(Code::kLocalDisk, path + " is damaged: log in again");
  return key;
}

Result<> write_key_file(const std::string& folder, const std::string& name, ByteView key) {
  const std::string path = folder + "/" + name;
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return key_file_error("cannot write " + path, errno);
  const bool written = fchmod(fd, 0600) == 0 && write_all(fd, key) && fsync(fd) == 0;
  const int error = errno;
  close(fd);
  if (!written) {
    unlink(path.c_str());
    return key_file_error("cannot write " + path, error);
  }
  return sync_folder(folder);
}

Result<> remove_key_file(const std::string& folder, const std::string& name) {
  const std::string path = folder + "/" + name;
  if (unlink(path.c_str()) == 0) return sync_folder(folder);
  if (errno == ENOENT) return Unit{};
  return key_file_error("cannot remove " + path, errno);
}

}  // namespace fastchat::client
