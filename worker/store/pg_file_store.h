// The file store on PostgreSQL. One object for each lane, each on its own thread with a connection of its own;
// blocking. A commit in doubt is answered kBusy, which claims nothing: the client opens the upload again and learns
// where it stands.
#pragma once

#include <string>

#include "common/pg/session.h"
#include "worker/core/file_store.h"

namespace fastchat::worker {

struct PgFileStoreOptions {
  std::string conninfo;
  FileLimits limits;
  int deadline_ms = 10'000;  // of one statement
};

class PgFileStore : public FileStore {
 public:
  explicit PgFileStore(const PgFileStoreOptions& options);

  FileReply run(FileRequest request) override;

 private:
  FileOpened serve(OpenFile request);
  ChunksPut serve(PutChunks request);
  FileWasDone serve(const DoneFile& request);
  FilesReaped serve(const ReapFiles& request);
  ChunkRead serve(const ReadChunk& request);

  using Items = std::vector<PutChunks::Item>;
  // kUnavailable unless a connection is there.
  pg::PgResult<> connected();
  pg::PgResult<> open(const OpenFile& request, FileOpened* out);
  pg::PgResult<> begin_new(const OpenFile& request, FileOpened* out);
  pg::PgResult<uint64_t> recipient(const OpenFile& request, FileOpened* out);
  pg::PgResult<> put(const Items& items, ChunksPut* out);
  // The chunks [from, to) of one upload; false when it does not stand there.
  pg::PgResult<bool> put_one(const Items& items, size_t from, size_t to);
  // The next part of one file that nobody needs; `more`: there was one.
  pg::PgResult<> reap(bool* more);
  pg::PgResult<> put_pieces(int64_t fid, const PutChunks::Item& item);

  PgFileStoreOptions options_;
  pg::Session session_;
};

}  // namespace fastchat::worker
