// The file store on PostgreSQL, with the bytes in a directory when one is given. One object for each lane, each on its
// own thread with a connection of its own; blocking. A commit in doubt is answered kBusy, which claims nothing: the
// client opens the upload again and learns its next chunk.
//
// With a directory, the row still decides. A chunk is written while the transaction that counts it holds the row. The
// body is synced before the commit that completes the file. Bytes are deleted before their row.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "common/pg/identity.h"
#include "common/pg/session.h"
#include "worker/core/file_store.h"
#include "worker/store/file_bodies.h"

namespace fastchat::worker {

struct PgFileStoreOptions {
  std::string conninfo;
  FileLimits limits;
  int deadline_ms = 10'000;  // of one statement
  std::string directory;     // of the bytes, claimed by prepare_files(); empty: they are in the database
  // us for which a complete file is not looked up again; reading one takes hundreds of requests.
  int64_t remember_us = 1'000'000;
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
  // Connects when no connection is open; fails when that does not work.
  pg::PgResult<> connected();
  pg::PgResult<> open(const OpenFile& request, FileOpened* out);
  pg::PgResult<> begin_new(const OpenFile& request, FileOpened* out);
  pg::PgResult<uint64_t> recipient(const OpenFile& request, FileOpened* out);
  pg::PgResult<> put(const Items& items, ChunksPut* out);
  // Stores the chunks [from, to) of one upload; returns false when the first is not the upload's next chunk. `lazily`:
  // the commit need not be on disk.
  pg::PgResult<bool> put_one(const Items& items, size_t from, size_t to, bool lazily);
  // Deletes the next part of one file that nobody needs; sets *more when there was a file to delete.
  pg::PgResult<> reap(bool* more);
  pg::PgResult<> put_pieces(int64_t fid, const PutChunks::Item& item);
  pg::PgResult<> put_bodies(const Items& items, size_t from, size_t to);
  // A complete file.
  struct Complete {
    int64_t fid = 0;
    uint64_t size = 0;
    bool on_disk = false;
    int64_t until = 0;  // us, when it is looked up again
  };
  // Returns null when there is no complete file of this id.
  pg::PgResult<const Complete*> find_complete(const Bytes& file_id);
  void read_pieces(const Complete& file, const ReadChunk& request, ChunkRead* out);
  void read_body(const Complete& file, const ReadChunk& request, ChunkRead* out);

  PgFileStoreOptions options_;
  pg::Session session_;
  pg::StoreIdentity identity_;
  std::optional<FileBodies> bodies_;
  std::string boot_;  // empty without bodies_
  std::map<Bytes, Complete> complete_;
};

}  // namespace fastchat::worker
