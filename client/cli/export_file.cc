#include "client/cli/export_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

#include "client/e2e/sanitise.h"
#include "client/files/rename_new.h"
#include "common/try.h"

namespace fastchat::cli {
namespace {

constexpr size_t kPieceBytes = 1024 * 1024;
constexpr size_t kFlushBytes = 256 * 1024;
constexpr const char* kPartEnding = ".part";

Error disk_failed(const std::string& what, int error) {
  if (error == ENOSPC || error == EDQUOT || error == EFBIG) {
    return err(Code::kLocalDisk, what + ": no room on the disk: free some space and export again; what is there stays");
  }
  return err(Code::kLocalDisk, what + ": " + std::strerror(error));
}

// Reads up to `size` bytes. Returns their number; -1 with errno.
ssize_t read_piece(int fd, char* to, size_t size) {
  for (;;) {
    const ssize_t n = ::read(fd, to, size);
    if (n >= 0 || errno != EINTR) return n;
  }
}

bool same_file(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size &&
         a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

}  // namespace

Result<std::unique_ptr<ExportFolder>> ExportFolder::open(const std::string& path) {
  std::error_code made;
  std::filesystem::create_directories(path, made);
  const std::string shown = e2e::sanitise_line(path);
  rpc::Descriptor fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0) return disk_failed("cannot make the folder " + shown, made ? made.value() : errno);
  if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) {
      return err(Code::kLocalUsage,
                 "another export writes into " + shown + ": wait for its end, or choose another folder");
    }
    // Some network file systems have no locks. Names are taken without replacing a file in any case.
    if (errno != ENOLCK && errno != EINVAL && errno != EOPNOTSUPP) return disk_failed("cannot lock " + shown, errno);
  }
  return std::unique_ptr<ExportFolder>(new ExportFolder(path, std::move(fd)));
}

std::string ExportFolder::shown(const std::string& name) const {
  return e2e::sanitise_line(path_ + "/" + name);
}

bool ExportFolder::has(const std::string& name) const {
  struct stat found {};
  return fstatat(fd_.get(), name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0;
}

// ---- PartFile

PartFile::~PartFile() {
  if (is_open()) (void)unlinkat(folder_.fd(), (name_ + kPartEnding).c_str(), 0);
}

Result<> PartFile::failed(int error) const {
  return disk_failed("cannot write " + folder_.shown(name_), error);
}

Result<> PartFile::open() {
  const std::string part = name_ + kPartEnding;
  if (unlinkat(folder_.fd(), part.c_str(), 0) != 0 && errno != ENOENT) return failed(errno);
  fd_ = rpc::Descriptor(openat(folder_.fd(), part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  return is_open() ? Result<>(Unit{}) : failed(errno);
}

Result<> PartFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd_.get(), bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed(errno);
    written_ += static_cast<uint64_t>(n);
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  // The disk begins to write early, so that finish() has little left to wait for.
  if (written_ - started_ >= kPieceBytes) {
    (void)sync_file_range(fd_.get(), static_cast<off_t>(started_), static_cast<off_t>(written_ - started_),
                          SYNC_FILE_RANGE_WRITE);
    started_ = written_;
  }
  return Unit{};
}

Result<> PartFile::finish(bool replaces) {
  const std::string part = name_ + kPartEnding;
  if (fsync(fd_.get()) != 0) return failed(errno);
  int error = 0;
  if (!replaces) {
    error = client::rename_new(folder_.fd(), part, folder_.fd(), name_);
  } else if (renameat(folder_.fd(), part.c_str(), folder_.fd(), name_.c_str()) != 0) {
    error = errno;
  }
  if (error == EEXIST) {
    return err(Code::kLocalUsage, folder_.shown(name_) + " is there already: move it away, or choose another folder");
  }
  if (error != 0) return failed(error);
  fd_ = rpc::Descriptor();
  // A file system that cannot sync a folder has put the name there in its own way.
  return fsync(folder_.fd()) == 0 || errno == EINVAL ? Result<>(Unit{}) : failed(errno);
}

// ---- ExportFile

Error ExportFile::foreign(const std::string& why) const {
  return err(Code::kLocalUsage, folder_.shown(name_) + " is no export of this conversation (" + why +
                                    "): move it away, or choose another folder");
}

Result<> ExportFile::open() {
  old_ = rpc::Descriptor(openat(folder_.fd(), name_.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (old_.get() < 0 && errno == ENOENT) return Unit{};
  if (old_.get() < 0 && errno == ELOOP) return foreign("it is a link");
  if (old_.get() < 0) return disk_failed("cannot read " + folder_.shown(name_), errno);
  if (fstat(old_.get(), &old_stat_) != 0) return disk_failed("cannot read " + folder_.shown(name_), errno);
  if (!S_ISREG(old_stat_.st_mode)) return foreign("it is no file");
  return Unit{};
}

Result<bool> ExportFile::read_some() {
  if (is_first()) return true;
  std::vector<char> piece(kPieceBytes);
  const ssize_t n = read_piece(old_.get(), piece.data(), piece.size());
  if (n < 0) return disk_failed("cannot read " + folder_.shown(name_), errno);
  const Result<> taken = n == 0 ? blocks_.end_of_old() : blocks_.add({piece.data(), static_cast<size_t>(n)});
  if (!taken.ok()) return foreign(taken.error().text);
  read_ += static_cast<uint64_t>(n);
  return n == 0;
}

// Begins the part file with the earlier export.
Result<> ExportFile::copy_old() {
  FC_TRY(part_.open());
  if (is_first()) return Unit{};
  if (lseek(old_.get(), 0, SEEK_SET) != 0) return disk_failed("cannot read " + folder_.shown(name_), errno);
  std::vector<char> piece(kPieceBytes);
  for (uint64_t left = read_; left > 0;) {
    const ssize_t n = read_piece(old_.get(), piece.data(), static_cast<size_t>(std::min<uint64_t>(left, piece.size())));
    if (n < 0) return disk_failed("cannot read " + folder_.shown(name_), errno);
    if (n == 0) return foreign("it changed meanwhile");
    FC_TRY(part_.write({piece.data(), static_cast<size_t>(n)}));
    left -= static_cast<uint64_t>(n);
  }
  return Unit{};
}

Result<> ExportFile::add(const std::string& block, const std::string& heading) {
  if (!part_.is_open()) {
    FC_TRY(copy_old());
    buffer_ = heading;
  }
  buffer_.append(block).push_back('\n');
  if (buffer_.size() < kFlushBytes) return Unit{};
  return part_.write(std::exchange(buffer_, {}));
}

Result<> ExportFile::finish() {
  if (!part_.is_open()) return Unit{};
  FC_TRY(part_.write(std::exchange(buffer_, {})));
  struct stat now {};
  const bool there = fstatat(folder_.fd(), name_.c_str(), &now, AT_SYMLINK_NOFOLLOW) == 0;
  if (!is_first() && (!there || !same_file(now, old_stat_))) {
    return err(Code::kLocalUsage, folder_.shown(name_) + " changed during the export: export again");
  }
  return part_.finish(!is_first());
}

// ---- FileCopy

Result<std::unique_ptr<FileCopy>> FileCopy::open(const std::string& source, const ExportFolder& folder,
                                                 const std::string& name, uint64_t size) {
  const std::string shown = e2e::sanitise_line(source);
  rpc::Descriptor from(::open(source.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  struct stat found {};
  if (from.get() < 0 || fstat(from.get(), &found) != 0) return disk_failed("cannot read " + shown, errno);
  if (!S_ISREG(found.st_mode) || static_cast<uint64_t>(found.st_size) != size) {
    return err(Code::kLocalDisk, shown + " is not the file that was sent any more");
  }
  std::unique_ptr<FileCopy> out(new FileCopy(shown, std::move(from), folder, name, size));
  FC_TRY(out->part_.open());
  return out;
}

Result<bool> FileCopy::step() {
  std::vector<char> piece(kPieceBytes);
  const ssize_t n = read_piece(from_.get(), piece.data(), static_cast<size_t>(std::min<uint64_t>(left_, piece.size())));
  if (n < 0) return disk_failed("cannot read " + source_, errno);
  if (n == 0 && left_ > 0) return err(Code::kLocalDisk, source_ + " is not the file that was sent any more");
  if (Result<> written = part_.write({piece.data(), static_cast<size_t>(n)}); !written.ok()) return written.error();
  left_ -= static_cast<uint64_t>(n);
  if (left_ > 0) return false;
  if (Result<> placed = part_.finish(false); !placed.ok()) return placed.error();
  return true;
}

}  // namespace fastchat::cli
