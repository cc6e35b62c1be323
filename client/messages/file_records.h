// The files that messages speak of, as this device has them: what each message said, sealed, and where the file is.
// Lives on the session's thread; writes join the turn and answer false when it failed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/account/account.h"
#include "client/e2e/content.h"
#include "client/runtime/listener.h"
#include "client/runtime/turn.h"
#include "client/store/file_table.h"

namespace fastchat::client {

class FileRecords {
 public:
  // Bytes of a message's hash that name its file.
  static constexpr size_t kId = 16;
  struct Record {
    Bytes id;
    e2e::FileInfo info;
    store::FileState state = store::FileState::kNone;
    std::string place;  // the path of a file that is here, the folder of one that is being fetched
    // The file was put into its place, and nobody took it away since.
    bool is_here() const;
  };
  // `downloads`: the folder for files, where no other is named.
  FileRecords(Turn& turn, store::FileTable& table, const Account& account, std::string downloads)
      : turn_(turn), table_(table), account_(account), downloads_(std::move(downloads)) {}

  const std::string& downloads() const { return downloads_; }
  // The name of a file that is being fetched, in its folder.
  static std::string part_name(ByteView id);

  // Of a FILE message, by its hash; nullopt when it brought no file.
  std::optional<FileView> view(ByteView hash) const;
  // Keeps what a message said. `path`: where the file is on this device, or empty.
  bool keep(ByteView hash, const e2e::FileInfo& info, const std::string& path);
  // The message of this hash has another one now. Nothing when it brought no file.
  bool move(ByteView from, ByteView to);

  // kLocalDisk.
  Result<std::optional<Record>> find(ByteView id) const;
  Result<std::vector<Record>> fetching() const;
  // Files that are here and of which the server was not told yet.
  Result<std::vector<Record>> to_release() const;

  // The file goes on being fetched into `folder` when the program starts anew.
  bool set_fetching(ByteView id, const std::string& folder);
  // Stops fetching the file. Changes nothing for a file that is not being fetched.
  bool stop_fetching(ByteView id);
  // The file is here; the server is to be told.
  bool set_here(ByteView id, const std::string& path);
  bool set_released(ByteView id);
  // The server does not have it any more.
  bool set_gone(ByteView id);

 private:
  template <class Change>
  bool change(ByteView id, Change change);
  std::optional<e2e::FileInfo> open_info(const store::FileRow& row) const;
  std::string open_place(const store::FileRow& row) const;
  Result<std::vector<Record>> records(Result<std::vector<store::FileRow>> rows) const;

  Turn& turn_;
  store::FileTable& table_;
  const Account& account_;
  const std::string downloads_;
};

}  // namespace fastchat::client
