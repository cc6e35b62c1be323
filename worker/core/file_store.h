// The worker's requests to its database about files, as values. Like store.h, but with two lanes of its own (writer and
// reader, each in order, one request at a time), so that bulk data never delays a message. store/pg_file_store.h runs
// the requests on threads of its own; a model runs them in the tests.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "common/bytes.h"
#include "common/held.h"
#include "common/result.h"
#include "worker/core/store.h"

namespace fastchat::worker {

// The origin of a request; comes back unchanged.
struct FileAsk {
  SessionId session = 0;
  uint64_t request = 0;
  uint64_t uid = 0;
};

// ---- writer

// Begins the upload, or finds the one that has this id. Idempotent.
struct OpenFile {
  FileAsk ask;
  uint64_t uid = 0, did = 0;  // the sender
  Bytes file_id;
  uint64_t size = 0, chunks = 0;  // sealed bytes
  std::string to;                 // user name; empty when `group` is set
  Bytes group;
  uint64_t epoch = 0;
};
struct FileOpened {
  FileAsk ask;
  Bytes file_id;
  uint64_t size = 0, chunks = 0;
  Code code = Code::kOk;  // kOk, kBusy, kUnknownUser, kUnknownGroup, kNotAllowed, kStorageFull, kConflict,
                          // kUnknownFile, kRefused, kNotAcceptedYet
  uint64_t fid = 0, next = 0;
};

// Chunks of one or several uploads. Chunks of one upload are neighbours and consecutive. The store takes these when the
// first is the upload's next chunk, else answers kConflict. Every kOk outcome was committed.
struct PutChunks {
  struct Item {
    FileAsk ask;
    Bytes file_id;
    uint64_t fid = 0, place = 0;
    bool last = false;  // with it the file is complete, and kept for the devices that are to have it
    HeldBytes data;
  };
  std::vector<Item> items;
};
struct ChunksPut {
  struct Outcome {
    FileAsk ask;
    Bytes file_id;
    uint64_t place = 0, bytes = 0;
    Code code = Code::kOk;  // kOk, kBusy, kConflict, kStorageFull
  };
  std::vector<Outcome> outcomes;
};

// Notes that the device needs the file no more, or gives up the user's own unfinished upload.
struct DoneFile {
  FileAsk ask;
  uint64_t uid = 0, did = 0;
  Bytes file_id;
};
struct FileWasDone {
  FileAsk ask;
  Code code = Code::kOk;  // kOk, kBusy
};

// Deletes expired files, files that nobody waits for and uploads that stopped, a few chunks at a time.
struct ReapFiles {};
struct FilesReaped {
  bool more = false;
};

// ---- reader

struct ReadChunk {
  FileAsk ask;
  Bytes file_id;
  uint64_t place = 0;
};
struct ChunkRead {
  FileAsk ask;
  Code code = Code::kOk;  // kOk, kBusy, kUnknownFile
  Bytes frame;            // the whole answer: the store reads the chunk into the frame that is sent
};

using FileRequest = std::variant<OpenFile, PutChunks, DoneFile, ReapFiles, ReadChunk>;
using FileReply = std::variant<FileOpened, ChunksPut, FileWasDone, FilesReaped, ChunkRead>;

inline Lane lane_of(const FileRequest& r) {
  return std::holds_alternative<ReadChunk>(r) ? Lane::kReader : Lane::kWriter;
}
inline Lane lane_of(const FileReply& r) {
  return std::holds_alternative<ChunkRead>(r) ? Lane::kReader : Lane::kWriter;
}

// Limits that the file store keeps; the core keeps those of one frame and of one file.
struct FileLimits {
  uint64_t sender_bytes = uint64_t{1} << 30;  // of all files of one sender
  uint64_t keep_s = 30 * 24 * 3600;
};

// Executes one request, blocking. Environment errors come back as codes.
class FileStore {
 public:
  virtual ~FileStore() = default;
  virtual FileReply run(FileRequest request) = 0;
};

}  // namespace fastchat::worker
