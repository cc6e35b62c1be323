// The files of FILE messages on this device: each file's sealed description, and its path. Lives on the session's
// thread; writes join the turn and return false when it failed.
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
  // The bytes of a message's hash that name its file.
  static constexpr size_t kId = 16;
  struct Record {
    Bytes id;
    e2e::FileInfo info;
    store::FileState state = store::FileState::kNone;
    std::string place;  // path of a file that is here, folder of a file that is being fetched
    // Returns true while the file that was put into its place is still there.
    bool is_here() const;
  };
  // `downloads`: the folder for files when no other is given.
  FileRecords(Turn& turn, store::FileTable& table, const Account& account, std::string downloads)
      : turn_(turn), table_(table), account_(account), downloads_(std::move(downloads)) {}

  const std::string& downloads() const { return downloads_; }
  // Returns the name of a file that is being fetched, in its folder.
  static std::string part_name(ByteView id);

  // Returns the file of a FILE message, by the message's hash; nullopt when the message brought no file.
  std::optional<FileView> view(ByteView hash) const;
  // Stores the file of a message. `path`: of the file on this device, or empty.
  bool keep(ByteView hash, const e2e::FileInfo& info, const std::string& path);
  // Moves a file to the new hash of its message. Does nothing when the message brought no file.
  bool move(ByteView from, ByteView to);

  // Finds the record of a file. Fails with kLocalDisk.
  Result<std::optional<Record>> find(ByteView id) const;
  Result<std::vector<Record>> fetching() const;
  // Returns the files that are here and that the server was not told about yet.
  Result<std::vector<Record>> to_release() const;

  // Marks a file as being fetched into `folder`. The download continues when the program starts again.
  bool set_fetching(ByteView id, const std::string& folder);
  // Stops fetching the file. Changes nothing for a file that is not being fetched.
  bool stop_fetching(ByteView id);
  // Marks a file as here; the server is still to be told.
  bool set_here(ByteView id, const std::string& path);
  bool set_released(ByteView id);
  // Marks a file that the server no longer has.
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
