// The disk's side of an export. A file gets its name when it is whole and on the disk: until then it is a part file in
// the same folder, which the end of the program leaves or removes. Never replaces a file but an earlier export of the
// same conversation, by one that begins with all of it. Errors are one line for the person. Blocking; each call does a
// small piece of the work.
#pragma once

#include <sys/stat.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "client/cli/export_text.h"
#include "client/rpc/socket_file.h"
#include "common/result.h"

namespace fastchat::cli {

// A folder that one export at a time writes into.
class ExportFolder {
 public:
  // Makes the folder, with mode 0700, unless it is there. Fails with kLocalDisk, and with kLocalUsage while another
  // export writes into it.
  static Result<std::unique_ptr<ExportFolder>> open(const std::string& path);
  int fd() const { return fd_.get(); }
  // Returns true when the folder has something of this name.
  bool has(const std::string& name) const;
  // Returns the path of a file in the folder, for people.
  std::string shown(const std::string& name) const;

 private:
  ExportFolder(std::string path, rpc::Descriptor fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  std::string path_;
  rpc::Descriptor fd_;
};

// A part file.
class PartFile {
 public:
  // `folder` outlives the PartFile.
  PartFile(const ExportFolder& folder, std::string name) : folder_(folder), name_(std::move(name)) {}
  ~PartFile();
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;

  // Makes the file, empty, in place of one that a killed export left.
  Result<> open();
  bool is_open() const { return fd_.get() >= 0; }
  Result<> write(std::string_view bytes);
  // Puts the file on the disk under its name. `replaces`: the file that has the name may be replaced; else the name has
  // to be free, and kLocalUsage says that it is not.
  Result<> finish(bool replaces);

 private:
  Result<> failed(int error) const;

  const ExportFolder& folder_;
  const std::string name_;
  rpc::Descriptor fd_;
  uint64_t written_ = 0, started_ = 0;  // bytes: written, and on their way to the disk
};

// A file of a conversation: the blocks that it has, and those that are added.
class ExportFile {
 public:
  ExportFile(const ExportFolder& folder, std::string name, ExportedBlocks::Form form, std::string identity)
      : folder_(folder), name_(std::move(name)), blocks_(form, std::move(identity)), part_(folder, name_) {}

  // Opens the earlier export when there is one. Fails with kLocalUsage for anything else of this name.
  Result<> open();
  // Reads a piece of the earlier export. Returns true once all is read.
  Result<bool> read_some();
  ExportedBlocks::Fate take(std::string_view block) { return blocks_.take(block); }
  // Adds a block. `heading` comes before the first one.
  Result<> add(const std::string& block, const std::string& heading);
  // Puts the file into its place. Changes nothing when no block was added.
  Result<> finish();
  bool is_first() const { return old_.get() < 0; }

 private:
  Result<> copy_old();
  Error foreign(const std::string& why) const;

  const ExportFolder& folder_;
  const std::string name_;
  ExportedBlocks blocks_;
  PartFile part_;
  rpc::Descriptor old_;
  struct stat old_stat_ {};
  uint64_t read_ = 0;
  std::string buffer_;
};

// Copies a file into the folder, a piece at a time.
class FileCopy {
 public:
  // Opens the source. Fails with kLocalDisk when it is no file of `size` bytes that can be read.
  static Result<std::unique_ptr<FileCopy>> open(const std::string& source, const ExportFolder& folder,
                                                const std::string& name, uint64_t size);
  // Copies a piece. Returns true once the file is in its place.
  Result<bool> step();

 private:
  FileCopy(std::string source, rpc::Descriptor from, const ExportFolder& folder, const std::string& name, uint64_t size)
      : source_(std::move(source)), from_(std::move(from)), part_(folder, name), left_(size) {}
  const std::string source_;
  rpc::Descriptor from_;
  PartFile part_;
  uint64_t left_;
};

}  // namespace fastchat::cli
