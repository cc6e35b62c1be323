// The file store on PostgreSQL, and on a directory for the bytes when it is given one. One object for each lane, each
// on its own thread with a connection of its own; blocking. A commit in doubt is answered kBusy, which claims nothing:
// the client opens the upload again and learns where it stands.
//
// With a directory the row still decides: a chunk is written while the transaction that counts it holds the row, the
// last one is synced before the commit that completes the file, and bytes are taken away before their row.
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
  // For how long a complete file that was found is not looked up again; reading one takes hundreds of requests.
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
  // kUnavailable unless a connection is there.
  pg::PgResult<> connected();
  pg::PgResult<> open(const OpenFile& request, FileOpened* out);
  pg::PgResult<> begin_new(const OpenFile& request, FileOpened* out);
  pg::PgResult<uint64_t> recipient(const OpenFile& request, FileOpened* out);
  pg::PgResult<> put(const Items& items, ChunksPut* out);
  // The chunks [from, to) of one upload; false when it does not stand there. `lazily`: its commit need not be on disk.
  pg::PgResult<bool> put_one(const Items& items, size_t from, size_t to, bool lazily);
  // The next part of one file that nobody needs; `more`: there was one.
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
  // Null: there is none.
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
