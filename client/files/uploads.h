// Uploads of files, from the path that a person gave to the message that names the file. Owns the uploads and the files
// that the worker looks at first. The message enters the outbox in the turn that drops the upload's row. Lives on the
// session's thread; writes join the turn.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "client/files/file_releases.h"
#include "client/files/file_worker.h"
#include "client/files/transfer_line.h"
#include "client/messages/file_secrets.h"
#include "client/messages/sender.h"
#include "client/store/file_table.h"

namespace fastchat::client {

class Uploads {
 public:
  using Kept = std::function<void()>;
  Uploads(Turn& turn, Server& server, store::FileTable& table, const Account& account, const Timeline& timeline,
          Sender& sender, Outbox& outbox, FileWorker& worker, FileReleases& releases, TransferReports& reports)
      : turn_(turn),
        server_(server),
        table_(table),
        account_(account),
        timeline_(timeline),
        sender_(sender),
        outbox_(outbox),
        worker_(worker),
        releases_(releases),
        reports_(reports),
        line_(turn, worker, reports) {}

  // Begins an upload, or joins the one under way: that of the same name, or without a name that of the same file.
  // `kept`: see Session::send_file(). The errors are those of Session::send_file().
  void send(const PeerName& to, const std::string& path, const SendOptions& options, Outbox::Done done, Kept kept);
  // Returns false when no upload has this id.
  bool cancel(const std::string& id);
  // Restores the uploads of the rows that the last run left. The profile is unlocked. Fails with kLocalDisk.
  Result<> restore();

  // Moves the first upload. `attached`: requests to the server are possible.
  void work(bool attached);
  // Takes an answer of the worker; returns false when the answer belongs to no upload.
  bool on_answer(FileAnswer& answer);
  int64_t next_wake() const { return line_.next_wake(); }
  void list(std::map<uint64_t, TransferInfo>& out) const { line_.list(out); }

 private:
  struct Upload final : TransferItem {
    bool awaited() const override { return !sent.empty(); }
    void describe(TransferInfo& out) const override;
    FileStamp stamp() const { return {row.size, row.mtime_ns, row.inode, row.device}; }

    std::string path, media_type;
    std::optional<e2e::MessageId> reply_to;
    Bytes name_hash;
    store::UploadRow row;
    std::vector<Outbox::Done> sent;
  };
  // A file to be sent, while the worker looks at it.
  struct Looking {
    store::ConversationId conversation;
    std::string path;
    std::optional<e2e::MessageId> reply_to;
    Bytes name_hash;
    Outbox::Done done;
    Kept kept;
  };

  void looked(Looking asked, FileAnswer& answer);
  bool is_same(const Upload& upload, const Looking& asked) const;
  Result<Upload*> add(const Looking& asked, const FileAnswer::Looked& file);
  Upload& make(const store::UploadRow& row, UploadSecret secret);
  void open(Upload& upload);
  void begin(Upload& upload, core::Transfer::Step step);
  void ask_open(Upload& upload);
  void read_chunk(Upload& upload, uint32_t index);
  void put_chunk(Upload& upload, uint64_t request, Bytes&& frame);
  void uploaded(Upload& upload, Bytes sha256);
  void announce(uint64_t key, const Bytes& sha256, const Result<Target>& target);
  void announced(uint64_t key, const Result<SentMessage>& sent);
  void refused(Upload& upload, const Error& error);
  void fail(Upload& upload, const Error& error);

  Turn& turn_;
  Server& server_;
  store::FileTable& table_;
  const Account& account_;
  const Timeline& timeline_;
  Sender& sender_;
  Outbox& outbox_;
  FileWorker& worker_;
  FileReleases& releases_;
  TransferReports& reports_;
  TransferLine<Upload> line_;
  std::map<uint64_t, Looking> looking_;
};

}  // namespace fastchat::client
