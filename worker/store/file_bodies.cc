#include "worker/store/file_bodies.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "common/random.h"

namespace fastchat::worker {
namespace {

constexpr const char* kMarkName = "fastchat-files";
constexpr uint64_t kWriteBack = 2 << 20;  // bytes

// A file descriptor that closes itself.
class File {
 public:
  File(const std::string& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, 0600)) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  explicit operator bool() const { return fd_ >= 0; }
  int fd() const { return fd_; }

 private:
  int fd_;
};

Error failed(const std::string& path, int error) {
  const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  return err(full ? Code::kStorageFull : Code::kLocalDisk, path + ": " + std::strerror(error));
}

Result<> make_folder(const std::string& path) {
  if (mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return Unit{};
  return failed(path, errno);
}

Result<> sync_path(const std::string& path, int flags) {
  const File file(path, flags);
  if (!file || fsync(file.fd()) != 0) return failed(path, errno);
  return Unit{};
}

Result<> write_all(const File& file, const std::string& path, ByteView bytes, uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t n = pwrite(file.fd(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed(path, errno);
    bytes.remove_prefix(static_cast<size_t>(n));
    offset += static_cast<uint64_t>(n);
  }
  return Unit{};
}

// Appends to `out` the `size` bytes at `offset`, or as many of them as there are.
Result<Bytes> read_upto(const File& file, const std::string& path, uint64_t offset, size_t size, Bytes out = {}) {
  const size_t head = out.size();
  out.resize(head + size);
  size_t got = 0;
  while (got < size) {
    const ssize_t n = pread(file.fd(), out.data() + head + got, size - got, static_cast<off_t>(offset + got));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed(path, errno);
    if (n == 0) break;
    got += static_cast<size_t>(n);
  }
  out.resize(head + got);
  return out;
}

}  // namespace

Result<Bytes> FileBodies::claim() const {
  if (auto made = make_folder(directory_); !made) return made.error();
  const std::string path = directory_ + "/" + kMarkName;
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (const File mark(path, O_RDONLY); mark) {
      auto text = read_upto(mark, path, 0, 2 * kMark + 2);
      if (!text) return text.error();
      while (text->ends_with('\n')) text->pop_back();
      const auto bytes = from_hex(*text);
      if (bytes && bytes->size() == kMark) return *bytes;
      return err(Code::kLocalDisk, path + " is damaged: restore it from your backup");
    } else if (errno != ENOENT) {
      return failed(path, errno);
    }
    // The mark appears whole under its name, or not at all: another worker may be starting, too.
    const std::string draft = path + "-" + to_hex(random_bytes(8));
    {
      const File file(draft, O_WRONLY | O_CREAT | O_EXCL);
      if (!file) return failed(draft, errno);
      auto written = write_all(file, draft, to_hex(random_bytes(kMark)) + "\n", 0);
      if (written && fsync(file.fd()) != 0) written = failed(draft, errno);
      if (!written) return written.error();
    }
    const bool linked = link(draft.c_str(), path.c_str()) == 0 || errno == EEXIST;
    const int error = errno;
    (void)unlink(draft.c_str());
    if (!linked) return failed(path, error);
    if (auto synced = sync_path(directory_, O_RDONLY | O_DIRECTORY); !synced) return synced.error();
  }
  return err(Code::kLocalDisk, path + " comes and goes");
}

std::string FileBodies::folder(ByteView file_id) const {
  return directory_ + "/" + to_hex(file_id.substr(0, 1));
}

std::string FileBodies::path(ByteView file_id) const {
  return folder(file_id) + "/" + to_hex(file_id);
}

bool FileBodies::holds(ByteView file_id, uint64_t size) const {
  struct stat info {};
  if (size == 0) return true;
  return stat(path(file_id).c_str(), &info) == 0 && static_cast<uint64_t>(info.st_size) >= size;
}

Result<> FileBodies::write(ByteView file_id, uint64_t offset, const std::vector<ByteView>& pieces) const {
  const std::string name = path(file_id);
  if (offset == 0) {
    if (auto made = make_folder(folder(file_id)); !made) return made;
  }
  const File file(name, O_WRONLY | (offset == 0 ? O_CREAT : 0));
  if (!file) return failed(name, errno);
  uint64_t end = offset;
  for (const ByteView piece : pieces) {
    if (auto written = write_all(file, name, piece, end); !written) return written;
    end += piece.size();
  }
  // Starts writing the complete pieces now, so that the final sync is short.
  const uint64_t from = offset / kWriteBack * kWriteBack, to = end / kWriteBack * kWriteBack;
  if (to > from) {
    (void)sync_file_range(file.fd(), static_cast<off_t>(from), static_cast<off_t>(to - from), SYNC_FILE_RANGE_WRITE);
  }
  return Unit{};
}

Result<> FileBodies::sync(ByteView file_id) const {
  if (auto synced = sync_path(path(file_id), O_WRONLY); !synced) return synced;
  if (auto synced = sync_path(folder(file_id), O_RDONLY | O_DIRECTORY); !synced) return synced;
  return sync_path(directory_, O_RDONLY | O_DIRECTORY);
}

Result<Bytes> FileBodies::read(ByteView file_id, uint64_t offset, size_t size, Bytes head) const {
  const std::string name = path(file_id);
  const File file(name, O_RDONLY);
  if (!file) return errno == ENOENT ? err(Code::kUnknownFile, name + " is gone") : failed(name, errno);
  const size_t whole = head.size() + size;
  auto bytes = read_upto(file, name, offset, size, std::move(head));
  if (bytes && bytes->size() != whole) return err(Code::kUnknownFile, name + " is too short");
  // Reads ahead: after a chunk, its reader asks for the next one.
  (void)posix_fadvise(file.fd(), static_cast<off_t>(offset + size), static_cast<off_t>(2 * size), POSIX_FADV_WILLNEED);
  return bytes;
}

Result<> FileBodies::remove(ByteView file_id) const {
  const std::string name = path(file_id);
  if (unlink(name.c_str()) == 0 || errno == ENOENT) return Unit{};
  return failed(name, errno);
}

std::string FileBodies::boot() {
  constexpr const char* kPath = "/proc/sys/kernel/random/boot_id";
  const File file(kPath, O_RDONLY);
  auto id = file ? read_upto(file, kPath, 0, 64) : Result<Bytes>(Bytes());
  // Without a boot id no two processes share a boot: the safe side.
  if (!id || id->empty()) return to_hex(random_bytes(16));
  while (id->ends_with('\n')) id->pop_back();
  return *id;
}

}  // namespace fastchat::worker
