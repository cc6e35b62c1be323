// Files for a target that needs a path: a folder in memory where there is one (/dev/shm), and a file without a name.
// The destructors remove both.
#pragma once

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "common/bytes.h"
#include "common/check.h"

namespace fastchat::fuzz {

class Folder {
 public:
  Folder() : path_(std::filesystem::is_directory("/dev/shm") ? "/dev/shm" : "/tmp") {
    path_ += "/fastchat-fuzz-XXXXXX";
    FC_CHECK(mkdtemp(path_.data()) != nullptr);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class MemoryFile {
 public:
  explicit MemoryFile(ByteView bytes) : fd_(memfd_create("fuzz", MFD_CLOEXEC)) {
    FC_CHECK(fd_ >= 0 && write(fd_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  }
  ~MemoryFile() { close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

}  // namespace fastchat::fuzz
