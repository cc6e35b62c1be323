// The thread that reads and writes files: hashing, sealing and syncing take milliseconds that the loop does not have.
// Jobs run in the order in which they came; the owner limits the number under way. The thread begins with the first job
// and ends with this object.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "client/files/file_io.h"
#include "client/runtime/machine.h"
#include "common/held.h"

namespace fastchat::client {

// A job and its answer belong to a transfer and, there, to a generation (core/transfer.h).
struct FileJob {
  struct Look {
    std::string path;
  };
  struct OpenSource {
    std::string path;
    FileStamp stamp;
    FileSeal seal;
  };
  struct ReadChunk {
    uint32_t index;
    uint64_t request;
    Bytes head;  // bytes in front of the sealed chunk
  };
  struct Digest {};
  struct OpenTarget {
    std::string directory, part;
    FileSeal seal;
    Bytes sha256;      // not empty: an earlier run may have finished the file
    std::string name;  // the name to give the finished file
  };
  struct WriteChunk {
    uint32_t index;
    HeldBytes box;
  };
  struct Finish {
    Bytes sha256;
    std::string name;
  };
  struct Close {};
  uint64_t transfer = 0, generation = 0;
  std::variant<Look, OpenSource, ReadChunk, Digest, OpenTarget, WriteChunk, Finish, Close> what;
};
struct FileAnswer {
  struct Looked {
    FileStamp stamp;
    std::string head;  // as FileReader::look() gives it
  };
  struct Opened {
    uint32_t done;  // for a target: chunks that are written
  };
  struct Sealed {
    uint64_t request;
    Bytes frame;
  };
  struct Digested {
    Bytes sha256;
  };
  struct Written {
    uint32_t index;
  };
  struct Finished {
    std::string path;
  };
  uint64_t transfer = 0, generation = 0;
  std::variant<Looked, Opened, Sealed, Digested, Written, Finished, Error> what;
};

class FileWorker {
 public:
  FileWorker(Machine& machine, std::function<void(FileAnswer&)> answer);
  ~FileWorker();
  FileWorker(const FileWorker&) = delete;
  FileWorker& operator=(const FileWorker&) = delete;

  // Returns a number for the jobs of a transfer, or of a look at a file: larger than all before.
  uint64_t new_transfer() { return next_transfer_++; }
  // Queues a job. The loop delivers one answer for each job but Close.
  void post(FileJob job);

 private:
  class Desk;
  class Work;

  const std::function<void(FileAnswer&)> answer_;
  std::unique_ptr<Desk> desk_;  // the open files; used on the thread alone
  std::unique_ptr<Background> background_;
  uint64_t next_transfer_ = 1;
};

}  // namespace fastchat::client
