// The tables of files in the local store: uploads under way, and the files of the FILE messages of all conversations.
// Keys, paths and names arrive sealed. Errors are kLocalDisk. Part of the store's transaction (store.h).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/store/conversation_id.h"
#include "client/store/sqlite.h"
#include "common/bytes.h"
#include "common/result.h"

namespace fastchat::store {

// A file of this user that the server does not have completely yet. The file's message follows the upload.
struct UploadRow {
  int64_t id = 0;
  ConversationId conversation;
  Bytes file_id;  // 16
  uint64_t size = 0;
  int64_t mtime_ns = 0;
  uint64_t inode = 0, device = 0;
  Bytes secret;  // sealed: key, path, name, media type
};

enum class FileState : int { kNone = 0, kHere = 1, kGone = 2, kFetching = 3 };

struct FileRow {
  Bytes id;    // the first 16 bytes of the message's hash
  Bytes info;  // sealed: the file's description from its message
  FileState state = FileState::kNone;
  Bytes place;           // sealed: the path of a file that is here; the folder of a file that is being fetched
  bool release = false;  // true: the server is still to be told that this device is done with the file
};

class FileTable {
 public:
  explicit FileTable(Sqlite& db) : db_(db) {}

  Result<int64_t> add_upload(const UploadRow& row);
  Result<std::vector<UploadRow>> uploads();
  Result<> drop_upload(int64_t id);

  Result<> put(const FileRow& row);
  Result<std::optional<FileRow>> find(ByteView id);
  Result<> drop(ByteView id);
  Result<std::vector<FileRow>> to_release();
  Result<std::vector<FileRow>> fetching();

 private:
  Result<std::vector<FileRow>> all(const char* sql);
  Sqlite& db_;
};

}  // namespace fastchat::store
