// Files under way: uploads and downloads, joined from the transfer core (core/transfer.h), the file worker's thread,
// the store and the session's requests. One upload and one download move at a time, the others wait in line. Lives on
// the session's thread; uploads.cc and downloads.cc have what is of one direction.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/core/transfer.h"
#include "client/files/file_worker.h"
#include "client/messages/file_records.h"
#include "client/messages/file_secrets.h"
#include "client/messages/sender.h"
#include "client/store/file_table.h"

namespace fastchat::client {

class Transfers final : public TurnPart {
 public:
  using Fetched = std::function<void(const Result<std::string>&)>;

  Transfers(Machine& machine, Turn& turn, Server& server, store::FileTable& table, const Account& account,
            FileRecords& records, Timeline& timeline, Sender& sender, Outbox& outbox, Listener& listener);

  // The errors of these three are those of Session.
  void send(const std::string& to, const std::string& path, const SendOptions& options, Outbox::Done done);
  void fetch(const std::string& message_id, const std::string& directory, Fetched done);
  void cancel(const std::string& id);
  Result<std::vector<TransferInfo>> list();

  // Restores the transfers that the last run left under way, once the profile is unlocked.
  Result<> restore();
  // Nothing that the server has yet to hear is on its way.
  bool settled() const { return releasing_ == 0; }

  void work() override;
  int64_t next_wake() const override;

 private:
  struct Item {
    uint64_t key = 0;
    bool up = false;
    std::string id, peer, name;
    FileSeal seal;
    std::optional<core::Transfer> transfer;  // a download's, once the part file is open
    enum class Disk : uint8_t { kClosed, kOpening, kOpen } disk = Disk::kClosed;
    bool attached = false;
    int64_t told_at = 0;
    // An upload's.
    std::string path, media_type;
    std::optional<e2e::MessageId> reply_to;
    store::UploadRow row;
    std::vector<Outbox::Done> sent;
    // A download's.
    Bytes message;  // the first 16 bytes of its hash
    std::string directory;
    Bytes sha256;
    bool went_on = false;  // with what an earlier run had written
    bool resumed = false;  // begun by an earlier run, which may have put the file in its place
    std::vector<Fetched> fetched;
  };

  // A file that is to be sent, while the worker looks at it.
  struct Looking {
    std::string peer, path;
    std::optional<e2e::MessageId> reply_to;
    Outbox::Done done;
  };

  Item* find(uint64_t key);
  // Null when what it answers is void.
  Item* find(uint64_t key, uint64_t generation);
  Item* find_id(const std::string& id);
  Item* first(bool up);
  void drive(Item& item, bool attached);
  void open_disk(Item& item);
  void begin(Item& item, core::Transfer::Step step);
  void on_answer(FileAnswer& answer);
  void refused(Item& item, const Error& error);
  void fail(Item& item, const Error& error);
  void erase(Item& item);
  void tell(Item& item, TransferInfo::State state, const std::string& text = {}, const std::string& path = {});
  void progress(Item& item);
  TransferInfo info(const Item& item) const;
  static uint64_t chunks_of(const Item& item);

  // ---- uploads.cc
  void looked(Looking asked, FileAnswer& answer);
  Result<Item*> add_upload(const Looking& asked, const FileAnswer::Looked& file);
  Item& make_upload(const store::UploadRow& row, UploadSecret secret);
  Result<> restore_uploads();
  void ask_open(Item& item);
  void read_chunk(Item& item, uint32_t index);
  void put_chunk(Item& item, uint64_t request, Bytes&& frame);
  void uploaded(Item& item, Bytes sha256);
  void announce(uint64_t key, const Bytes& sha256, const Result<Target>& target);
  void announced(uint64_t key, const Result<SentMessage>& sent);
  void give_up(const Item& item);

  // ---- downloads.cc
  Item& make_download(ByteView message, e2e::FileInfo info, const std::string& directory);
  void move_download(Item& item, const std::string& directory);
  Result<> restore_downloads();
  void get_chunk(Item& item, uint64_t index);
  void fetched(Item& item, const std::string& path);
  void release(const Bytes& message, const Bytes& file_id);
  void release_all();
  void gone(Item& item);

  Turn& turn_;
  Server& server_;
  store::FileTable& table_;
  const Account& account_;
  FileRecords& records_;
  Timeline& timeline_;
  Sender& sender_;
  Outbox& outbox_;
  Listener& listener_;
  FileWorker worker_;
  std::map<uint64_t, std::unique_ptr<Item>> items_;
  std::map<uint64_t, Looking> looking_;
  uint64_t next_key_ = 1;
  bool restored_ = false, attached_ = false;
  int releasing_ = 0;
};

}  // namespace fastchat::client
