// Stores the bytes of files in a directory. Each file has one body: its sealed chunks one behind the other, named by
// the file's id (ab/ab01...). FileBodies handles nothing but bytes. The database decides which chunks count, who may
// have them and when a body goes, and a body is deleted before its row. Blocking; keeps nothing open, so any number of
// threads and workers may use one directory.
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

  // Makes the directory (mode 0700) and a random mark in it where there is none, synced, and returns the mark. Fails
  // with kLocalDisk (kStorageFull when the disk is full) and one line for the person who runs the worker.
  Result<Bytes> claim() const;

  // Returns true when the body has at least `size` bytes, or `size` is 0. An upload goes on only then: a body that was
  // removed, or an older directory brought back, would leave a hole.
  bool holds(ByteView file_id, uint64_t size) const;
  // Writes `pieces` one behind the other, the first at `offset`; makes the body at offset 0. The bytes are on their way
  // to the disk, not synced. Fails with kLocalDisk or kStorageFull.
  Result<> write(ByteView file_id, uint64_t offset, const std::vector<ByteView>& pieces) const;
  // Returns when all bytes of the body, and its name, are on the disk.
  Result<> sync(ByteView file_id) const;
  // Returns `head`, followed by `size` bytes from `offset`. Fails with kUnknownFile when the bytes are not there, or
  // kLocalDisk.
  Result<Bytes> read(ByteView file_id, uint64_t offset, size_t size, Bytes head) const;
  // Removes a body; one that is not there counts as removed.
  Result<> remove(ByteView file_id) const;

  // Returns the id of this boot of this machine: bytes written and not synced last exactly as long as the boot.
  static std::string boot();

 private:
  std::string folder(ByteView file_id) const;
  std::string path(ByteView file_id) const;

  std::string directory_;
};

}  // namespace fastchat::worker
