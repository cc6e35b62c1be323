// The files of a Session: uploads and downloads under way, joined from the transfer core (core/transfer.h), the file
// worker's thread, the store and the session's requests. One upload and one download move at a time, the others wait in
// line. Included by the runtime alone; spread over runtime_files.cc (what both share), runtime_uploads.cc and
// runtime_downloads.cc.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/core/transfer.h"
#include "client/runtime_file_records.h"
#include "client/runtime_file_worker.h"
#include "client/runtime_impl.h"
#include "client/store/files.h"

namespace fastchat::client {

class Session::Impl::Files {
 public:
  using Fetched = std::function<void(const Result<std::string>&)>;

  Files(Impl& session, Loop& loop);

  void send(const std::string& to, const std::string& path, const SendOptions& options, SendDone done);
  void fetch(const std::string& message_id, const std::string& directory, Fetched done);
  void cancel(const std::string& id);
  Result<std::vector<TransferInfo>> list();

  // What the last run left under way, once the profile is unlocked.
  Result<> restore();
  // Once a turn of the loop.
  void turn(bool attached);
  int64_t next_wake() const;
  // Nothing that the server has yet to hear is on its way.
  bool settled() const { return releasing_ == 0; }

  // Of a FILE message, by its hash.
  std::optional<FileView> view(ByteView hash) const;
  bool keep(ByteView hash, const e2e::FileInfo& info, const std::string& path);
  // The message of this hash has another one now. Nothing when it brought no file.
  bool move(ByteView from, ByteView to);

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
    std::vector<SendDone> sent;
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
    SendDone done;
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

  // ---- runtime_uploads.cc
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

  // ---- runtime_downloads.cc
  Item& make_download(ByteView message, e2e::FileInfo info, const std::string& directory);
  void move_download(Item& item, const std::string& directory);
  // Whether the file goes on being fetched when the program starts anew: on disk.
  void keep_fetching(ByteView message, const std::string& directory);
  void stop_fetching(const Item& item);
  Result<> restore_downloads();
  void get_chunk(Item& item, uint64_t index);
  void fetched(Item& item, const std::string& path);
  void release(const Bytes& message, const Bytes& file_id);
  void release_all();
  std::optional<e2e::FileInfo> open_info(const store::FileRow& row) const;
  // The path of the file that is here, the folder of one that is being fetched.
  std::string open_path(const store::FileRow& row) const;
  std::string downloads() const;
  static std::string part_name(ByteView message);
  void gone(Item& item);

  Impl& s_;
  mutable store::FileTable table_;
  FileWorker worker_;
  std::map<uint64_t, std::unique_ptr<Item>> items_;
  std::map<uint64_t, Looking> looking_;
  uint64_t next_key_ = 1;
  bool restored_ = false, attached_ = false;
  int releasing_ = 0;
};

}  // namespace fastchat::client
