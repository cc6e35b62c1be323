// Downloads of files, from the message that names a file to the file in a folder. Owns the downloads. The file's row is
// written before the server learns that this device no longer needs the file. Lives on the session's thread; writes
// join the turn.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "client/files/file_releases.h"
#include "client/files/file_worker.h"
#include "client/files/transfer_line.h"
#include "client/messages/file_records.h"

namespace fastchat::client {

class Downloads {
 public:
  using Fetched = std::function<void(const Result<std::string>&)>;
  Downloads(Turn& turn, Server& server, const Account& account, FileRecords& records, const Timeline& timeline,
            FileWorker& worker, FileReleases& releases, TransferReports& reports)
      : turn_(turn),
        server_(server),
        account_(account),
        records_(records),
        timeline_(timeline),
        worker_(worker),
        releases_(releases),
        reports_(reports),
        line_(turn, worker, reports) {}

  // Begins a download, or joins the one under way. The errors are those of Session::fetch_file().
  void fetch(const std::string& message_id, const std::string& directory, Fetched done);
  // Returns false when no download has this id.
  bool cancel(const std::string& id);
  // Restores the downloads that the last run left. The profile is unlocked. Fails with kLocalDisk.
  Result<> restore();
  // Reports the finished downloads that earlier sessions could not report to the server.
  void release_all();

  // Moves the first download. `attached`: requests to the server are possible.
  void work(bool attached);
  // Takes an answer of the worker. Ignores an answer that belongs to no download.
  void on_answer(FileAnswer& answer);
  int64_t next_wake() const { return line_.next_wake(); }
  void list(std::map<uint64_t, TransferInfo>& out) const { line_.list(out); }

 private:
  struct Download final : TransferItem {
    bool awaited() const override { return !fetched.empty(); }
    void describe(TransferInfo& out) const override;
    std::string part_path() const { return directory + "/" + FileRecords::part_name(message); }

    Bytes message;  // the first 16 bytes of the message's hash
    std::string directory;
    Bytes sha256;
    bool went_on = false;  // began with chunks that an earlier run had written
    bool resumed = false;  // begun by an earlier run, which may have put the file in its place
    std::vector<Fetched> fetched;
  };

  Download& make(ByteView message, e2e::FileInfo info, const std::string& directory);
  void move(Download& download, const std::string& directory);
  void open(Download& download);
  void begin(Download& download, core::Transfer::Step step);
  void get_chunk(Download& download, uint64_t index);
  void failed_on_disk(Download& download, const Error& error);
  void fetched(Download& download, const std::string& path);
  void release(const Bytes& message, const Bytes& file_id);
  void refused(Download& download, const Error& error);
  void fail(Download& download, const Error& error);

  Turn& turn_;
  Server& server_;
  const Account& account_;
  FileRecords& records_;
  const Timeline& timeline_;
  FileWorker& worker_;
  FileReleases& releases_;
  TransferReports& reports_;
  TransferLine<Download> line_;
};

}  // namespace fastchat::client
