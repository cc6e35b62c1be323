#include "client/files/file_io.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

#include "client/e2e/sanitise.h"
#include "client/files/rename_new.h"
#include "common/try.h"

namespace fastchat::client {
namespace {

using e2e::kFileChunk;

constexpr int kNamesTried = 10'000;
constexpr uint64_t kWriteBackChunks = 4;

std::string shown(const std::string& path) {
  return e2e::sanitise_line(path);
}

FileStamp stamp_of(const struct stat& s) {
  return {static_cast<uint64_t>(s.st_size), int64_t{s.st_mtim.tv_sec} * 1'000'000'000 + s.st_mtim.tv_nsec, s.st_ino,
          s.st_dev};
}

Error disk(const std::string& what, int error) {
  if (error == ENOSPC || error == EDQUOT || error == EFBIG) {
    return err(Code::kLocalDisk, "no room for the file: free some space and fetch it again; the fetched part stays");
  }
  return err(Code::kLocalDisk, what + ": " + std::strerror(error));
}

Error changed(const std::string& path) {
  return err(Code::kLocalUsage, shown(path) + " changed while it was being sent: nothing was sent; send it again");
}

// Reads up to `size` bytes, fewer at the end of the file. Returns their number; -1 with errno.
ssize_t read_at(int fd, char* to, size_t size, uint64_t offset) {
  size_t got = 0;
  while (got < size) {
    const ssize_t n = pread(fd, to + got, size - got, static_cast<off_t>(offset + got));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return -1;
    if (n == 0) break;
    got += static_cast<size_t>(n);
  }
  return static_cast<ssize_t>(got);
}

int sync_directory(const std::string& directory) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return errno;
  const int error = fsync(fd) == 0 || errno == EINVAL ? 0 : errno;
  ::close(fd);
  return error;
}

// Returns "a.txt", "a (2).txt", "a (3).txt", ...
std::string numbered(const std::string& name, int n) {
  if (n == 1) return name;
  const size_t dot = name.rfind('.');
  const std::string ending = dot == std::string::npos || dot == 0 ? "" : name.substr(dot);
  return name.substr(0, name.size() - ending.size()) + " (" + std::to_string(n) + ")" + ending;
}

Bytes digest_of(int fd) {
  e2e::Sha256 hash;
  std::string room(kFileChunk, '\0');
  for (uint64_t at = 0;;) {
    const ssize_t n = read_at(fd, room.data(), room.size(), at);
    if (n <= 0) break;
    hash.update(ByteView(room).substr(0, static_cast<size_t>(n)));
    at += static_cast<uint64_t>(n);
  }
  return hash.finish();
}

}  // namespace

Result<int> open_regular(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return err(Code::kLocalUsage, "cannot read " + shown(path) + ": " + std::strerror(errno));
  struct stat s {};
  if (fstat(fd, &s) == 0 && S_ISREG(s.st_mode)) return fd;
  ::close(fd);
  return err(Code::kLocalUsage, shown(path) + " is not a file (but a folder, a device or a pipe)");
}

// ---- FileReader

FileReader::FileReader(int fd, std::string path, const FileStamp& stamp, FileSeal seal)
    : fd_(fd),
      path_(std::move(path)),
      stamp_(stamp),
      seal_(std::move(seal)),
      chunks_(*e2e::chunk_count(seal_.size)),
      buffer_(kFileChunk) {}

FileReader::~FileReader() {
  ::close(fd_);
}

Result<FileStamp> FileReader::look(const std::string& path, std::string* head) {
  Result<int> fd = open_regular(path);
  if (!fd.ok()) return fd.error();
  struct stat s {};
  head->resize(512);
  const ssize_t n = fstat(*fd, &s) == 0 ? read_at(*fd, head->data(), head->size(), 0) : -1;
  const int error = errno;
  ::close(*fd);
  if (n < 0) return err(Code::kLocalUsage, "cannot read " + shown(path) + ": " + std::strerror(error));
  head->resize(static_cast<size_t>(n));
  if (!e2e::chunk_count(static_cast<uint64_t>(s.st_size))) {
    return err(Code::kTooLarge, shown(path) + " is too large to be sent");
  }
  return stamp_of(s);
}

Result<std::unique_ptr<FileReader>> FileReader::open(const std::string& path, const FileStamp& stamp, FileSeal seal) {
  Result<int> fd = open_regular(path);
  if (!fd.ok()) return fd.error();
  std::unique_ptr<FileReader> reader(new FileReader(*fd, path, stamp, std::move(seal)));
  FC_TRY(reader->unchanged());
  (void)posix_fadvise(*fd, 0, 0, POSIX_FADV_SEQUENTIAL);
  return reader;
}

Result<> FileReader::unchanged() const {
  struct stat s {};
  if (fstat(fd_, &s) != 0 || stamp_of(s) != stamp_) return changed(path_);
  return Unit{};
}

// Reads a chunk into buffer_. The callers cut buffer_ to the chunk's size.
Result<> FileReader::read(uint32_t index) {
  const size_t size = e2e::chunk_size(seal_.size, index);
  const ssize_t n = read_at(fd_, buffer_.data(), size, uint64_t{index} * kFileChunk);
  if (n < 0) return err(Code::kLocalDisk, "cannot read " + shown(path_) + ": " + std::strerror(errno));
  if (static_cast<size_t>(n) != size) return changed(path_);
  return unchanged();
}

Result<> FileReader::hash_upto(uint32_t index) {
  for (; hashed_ < index; ++hashed_) {
    FC_TRY(read(hashed_));
    hash_.update(buffer_.view().substr(0, e2e::chunk_size(seal_.size, hashed_)));
  }
  return Unit{};
}

Result<Bytes> FileReader::sealed(uint32_t index, Bytes head) {
  FC_CHECK(index < chunks_);
  FC_TRY(hash_upto(index));
  FC_TRY(read(index));
  const ByteView bytes = buffer_.view().substr(0, e2e::chunk_size(seal_.size, index));
  if (hashed_ == index) {
    hash_.update(bytes);
    ++hashed_;
  }
  return e2e::seal_chunk_behind(std::move(head), seal_.key, seal_.file_id, index, chunks_, bytes);
}

Result<Bytes> FileReader::digest() {
  FC_TRY(hash_upto(chunks_));
  FC_TRY(unchanged());
  return hash_.finish();
}

// ---- FileWriter

FileWriter::FileWriter(int fd, std::string directory, std::string part, FileSeal seal)
    : fd_(fd),
      directory_(std::move(directory)),
      part_(std::move(part)),
      seal_(std::move(seal)),
      chunks_(*e2e::chunk_count(seal_.size)),
      room_(kFileChunk) {}

FileWriter::~FileWriter() {
  ::close(fd_);
}

Result<std::unique_ptr<FileWriter>> FileWriter::open(const std::string& directory, const std::string& part,
                                                     FileSeal seal) {
  if (!e2e::chunk_count(seal.size)) return err(Code::kTooLarge, "the file is too large");
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) return disk("cannot make the folder " + shown(directory), error.value());
  const std::string path = directory + "/" + part;
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
  if (fd < 0) return disk("cannot write to " + shown(directory), errno);
  std::unique_ptr<FileWriter> writer(new FileWriter(fd, directory, path, std::move(seal)));
  FC_TRY(writer->resume());
  return writer;
}

// Hashes again the chunks that the last run wrote. Drops a chunk that was cut off.
Result<> FileWriter::resume() {
  struct stat s {};
  if (fstat(fd_, &s) != 0 || !S_ISREG(s.st_mode))
    return err(Code::kLocalDisk, shown(part_) + " is in the way: move it away");
  const auto length = static_cast<uint64_t>(s.st_size);
  const uint32_t there = length >= seal_.size && length > 0
                             ? chunks_
                             : static_cast<uint32_t>(std::min<uint64_t>(length / kFileChunk, chunks_ - 1));
  const uint64_t keep = std::min(uint64_t{there} * kFileChunk, seal_.size);
  if (ftruncate(fd_, static_cast<off_t>(keep)) != 0) return disk("cannot write to " + shown(part_), errno);
  for (; next_ < there; ++next_) {
    const size_t size = e2e::chunk_size(seal_.size, next_);
    const ssize_t n = read_at(fd_, room_.data(), size, uint64_t{next_} * kFileChunk);
    if (n < 0) return disk("cannot read " + shown(part_), errno);
    if (static_cast<size_t>(n) != size) {
      return err(Code::kLocalDisk, "another program made " + shown(part_) + " shorter: fetch the file again");
    }
    hash_.update(room_.view().substr(0, size));
  }
  // Reserves the space now, so that a full disk is reported before the end. Not every file system supports this call.
  if (seal_.size > keep &&
      fallocate(fd_, FALLOC_FL_KEEP_SIZE, static_cast<off_t>(keep), static_cast<off_t>(seal_.size - keep)) != 0 &&
      (errno == ENOSPC || errno == EDQUOT || errno == EFBIG)) {
    return disk("", errno);
  }
  return Unit{};
}

Result<> FileWriter::write(uint32_t index, ByteView box) {
  if (index < next_) return Unit{};  // requested twice, after a reconnect
  if (index > next_) return err(Code::kInternal, "chunks came out of order");
  const Result<ByteView> plain = e2e::open_chunk(room_, seal_.key, seal_.file_id, index, chunks_, box);
  if (!plain.ok() || plain->size() != e2e::chunk_size(seal_.size, index)) {
    return err(Code::kLocalCrypto, "the server's copy of the file differs from the file that was sent: it was refused");
  }
  const ByteView bytes = *plain;
  size_t put = 0;
  while (put < bytes.size()) {
    const ssize_t n =
        pwrite(fd_, bytes.data() + put, bytes.size() - put, static_cast<off_t>(uint64_t{index} * kFileChunk + put));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return disk("cannot write to " + shown(part_), errno);
    put += static_cast<size_t>(n);
  }
  hash_.update(bytes);
  ++next_;
  // The disk begins to write now, so that the sync at the end is short.
  if (next_ % kWriteBackChunks == 0) {
    (void)sync_file_range(fd_, static_cast<off_t>((next_ - kWriteBackChunks) * kFileChunk),
                          static_cast<off_t>(kWriteBackChunks * kFileChunk), SYNC_FILE_RANGE_WRITE);
  }
  return Unit{};
}

Result<std::string> FileWriter::finish(ByteView sha256, const std::string& name) {
  FC_CHECK(next_ == chunks_);
  if (hash_.finish() != sha256) {
    (void)unlink(part_.c_str());
    return err(Code::kLocalCrypto, "the file does not have the digest that its sender signed: it was deleted");
  }
  if (fsync(fd_) != 0) return disk("cannot write to " + shown(part_), errno);
  Result<std::string> path = place(e2e::safe_file_name(name));
  if (!path.ok()) return path;
  if (const int error = sync_directory(directory_); error != 0)
    return disk("cannot write to " + shown(directory_), error);
  return path;
}

std::optional<std::string> FileWriter::finished(const std::string& directory, const std::string& part, uint64_t size,
                                                ByteView sha256, const std::string& name) {
  if (access((directory + "/" + part).c_str(), F_OK) == 0) return std::nullopt;
  const std::string safe = e2e::safe_file_name(name);
  for (int n = 1; n <= kNamesTried; ++n) {
    const std::string path = directory + "/" + numbered(safe, n);
    if (access(path.c_str(), F_OK) != 0) return std::nullopt;
    const Result<int> fd = open_regular(path);
    if (!fd.ok()) continue;
    struct stat s {};
    const bool fits = fstat(*fd, &s) == 0 && static_cast<uint64_t>(s.st_size) == size;
    const bool same = fits && digest_of(*fd) == sha256;
    ::close(*fd);
    // Sync the folder: the file's name may not be on the disk yet.
    if (same && sync_directory(directory) == 0) return path;
  }
  return std::nullopt;
}

// Gives the part file the first free name. Never replaces a file.
Result<std::string> FileWriter::place(const std::string& name) const {
  for (int n = 1; n <= kNamesTried; ++n) {
    const std::string path = directory_ + "/" + numbered(name, n);
    const int error = rename_new(AT_FDCWD, part_, AT_FDCWD, path);
    if (error == 0) return path;
    if (error != EEXIST) return disk("cannot write " + shown(path), error);
  }
  return err(Code::kLocalDisk, "too many files named " + shown(name) + " in " + shown(directory_));
}

}  // namespace fastchat::client
