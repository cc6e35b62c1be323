// The disk's side of a transfer: a file that is read, hashed and sealed chunk by chunk, and a part file that is opened,
// written and hashed. Once the digest is right, the part file is put in its place under a safe name. Blocking; used on
// the file worker's thread. Errors are one line for the person.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "client/e2e/file_chunk.h"
#include "client/e2e/hash.h"
#include "common/result.h"

namespace fastchat::client {

// Metadata that changes when somebody writes to a file.
struct FileStamp {
  uint64_t size = 0;
  int64_t mtime_ns = 0;
  uint64_t inode = 0, device = 0;
  bool operator==(const FileStamp&) const = default;
};

// Data that both ends of a file transfer have (e2e::FileInfo without the digest and the type).
struct FileSeal {
  Bytes file_id;    // 16 bytes
  e2e::Secret key;  // 32 bytes
  uint64_t size = 0;
  FileSeal clone() const { return {file_id, key.clone(), size}; }
};

// Opens a regular file for reading and returns the descriptor. Refuses anything else (a pipe, a terminal) without
// waiting for it. kLocalUsage.
Result<int> open_regular(const std::string& path);

class FileReader {
 public:
  // Returns the stamp of a regular file that can be read; kLocalUsage gives the fault. `head`: up to 512 bytes of its
  // beginning.
  static Result<FileStamp> look(const std::string& path, std::string* head);
  // Opens the file; kLocalUsage when it is no longer the file of `stamp`.
  static Result<std::unique_ptr<FileReader>> open(const std::string& path, const FileStamp& stamp, FileSeal seal);
  ~FileReader();
  FileReader(const FileReader&) = delete;
  FileReader& operator=(const FileReader&) = delete;

  // Returns chunk `index`, sealed, behind `head`. Every chunk enters the digest once, in order, whichever chunks are
  // requested.
  Result<Bytes> sealed(uint32_t index, Bytes head = {});
  // Returns the SHA-256 of the whole file; kLocalUsage when the file changed since it was opened.
  Result<Bytes> digest();

 private:
  FileReader(int fd, std::string path, const FileStamp& stamp, FileSeal seal);
  Result<> read(uint32_t index);
  Result<> hash_upto(uint32_t index);
  Result<> unchanged() const;

  int fd_;
  std::string path_;
  FileStamp stamp_;
  FileSeal seal_;
  uint32_t chunks_;
  uint32_t hashed_ = 0;
  e2e::Sha256 hash_;
  e2e::Secret buffer_;
};

class FileWriter {
 public:
  // Makes the folder and the part file in it, or continues with the whole chunks that are there, and reserves the space
  // for the rest. Fails with kLocalDisk.
  static Result<std::unique_ptr<FileWriter>> open(const std::string& directory, const std::string& part, FileSeal seal);
  ~FileWriter();
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;

  // Returns the path of the file when finish() put it in its place but the run ended before it was recorded: no part
  // file is left, and a file under this name has the digest.
  static std::optional<std::string> finished(const std::string& directory, const std::string& part, uint64_t size,
                                             ByteView sha256, const std::string& name);

  // Returns the number of chunks that are written.
  uint32_t next() const { return next_; }
  // Opens and writes chunk next(); an earlier chunk is written already. kLocalCrypto: `box` is not that chunk.
  // kLocalDisk: the disk is full, or fails.
  Result<> write(uint32_t index, ByteView box);
  // Compares the digest after the last chunk, syncs, and gives the file the first free name of NAME, NAME (2), ...
  // Returns the path. kLocalCrypto: the file is not the one that was sent, and the part file is deleted.
  Result<std::string> finish(ByteView sha256, const std::string& name);

 private:
  FileWriter(int fd, std::string directory, std::string part, FileSeal seal);
  Result<> resume();
  Result<std::string> place(const std::string& name) const;

  int fd_;
  std::string directory_, part_;  // part_: the whole path
  FileSeal seal_;
  uint32_t chunks_;
  uint32_t next_ = 0;
  e2e::Sha256 hash_;
  e2e::Secret room_;
};

}  // namespace fastchat::client
