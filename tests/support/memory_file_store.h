// The worker's file store as maps: does the work of worker/store/file_statements.h, one request a transaction. Any
// number of workers may share one store, on one thread. Files do not expire by time.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "tests/support/memory_db.h"
#include "worker/core/file_store.h"

namespace fastchat::test {

class MemoryFileStore {
 public:
  explicit MemoryFileStore(const MemoryDb& db) : db_(db) {}

  // Runs a request. May be called again for a request whose answer was lost.
  worker::FileReply run(const worker::FileRequest& request);
  size_t files() const { return files_.size(); }

 private:
  struct File {
    uint64_t fid = 0, uid = 0, did = 0, size = 0, chunks = 0, epoch = 0;
    int64_t to_uid = 0;
    Bytes group;
    std::map<uint64_t, Bytes> stored;  // chunks by place
    std::set<int64_t> wants;           // devices that have yet to fetch it
    bool complete() const { return stored.size() == chunks; }
  };
  worker::FileOpened serve(const worker::OpenFile& r);
  worker::ChunksPut serve(const worker::PutChunks& r);
  worker::FileWasDone serve(const worker::DoneFile& r);
  worker::FilesReaped serve(const worker::ReapFiles&);
  worker::ChunkRead serve(const worker::ReadChunk& r);
  Code recipient(const worker::OpenFile& r, int64_t* to_uid) const;
  void want(File& file) const;

  const MemoryDb& db_;
  std::map<Bytes, File> files_;  // by file_id
  uint64_t last_fid_ = 0;
};

}  // namespace fastchat::test
