// The bytes of files in a directory: one body a file, its sealed chunks one behind the other, named by the file's id
// (ab/ab01...). The edge to that directory. It knows nothing but bytes: which chunks count, who may have them and when
// a body goes is said by the database, and a body is taken away before its row. Blocking; keeps nothing open, so any
// number of threads and workers may use one directory.
#pragma once

#include <string>
#include <vector>

#include "common/bytes.h"
#include "common/result.h"

namespace fastchat::worker {

class FileBodies {
 public:
  static constexpr size_t kMark = 16;  // bytes

  explicit FileBodies(std::string directory) : directory_(std::move(directory)) {}

  // Makes the directory, mode 0700, and a random mark in it where there is none; answers the mark. Synced. kLocalDisk,
  // one line for the person who runs the worker.
  Result<Bytes> claim() const;

  // True when the first `size` bytes were written. An upload goes on only where they are: who took a body away, or
  // brought an older directory back, would leave a hole.
  bool holds(ByteView file_id, uint64_t size) const;
  // Puts `pieces` one behind the other, the first at `offset`; at 0 it makes the body. On their way to the disk, not
  // synced. kLocalDisk; kStorageFull.
  Result<> write(ByteView file_id, uint64_t offset, const std::vector<ByteView>& pieces) const;
  // All that was written is on the disk when this returns, and so is its name.
  Result<> sync(ByteView file_id) const;
  // `size` bytes from `offset`, behind `head`. kUnknownFile when they are not there, kLocalDisk.
  Result<Bytes> read(ByteView file_id, uint64_t offset, size_t size, Bytes head) const;
  // One that is not there is gone.
  Result<> remove(ByteView file_id) const;

  // Names this boot of this machine: what was written and not synced is there exactly as long as it lasts.
  static std::string boot();

 private:
  std::string folder(ByteView file_id) const;
  std::string path(ByteView file_id) const;

  std::string directory_;
};

}  // namespace fastchat::worker
