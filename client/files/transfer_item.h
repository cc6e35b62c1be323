// The state that uploads and downloads have in common. Uploads and Downloads each add their own fields. Lives on the
// session's thread; a TransferLine owns it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "client/core/transfer.h"
#include "client/e2e/file_chunk.h"
#include "client/files/file_io.h"
#include "client/runtime/listener.h"

namespace fastchat::client {

struct TransferItem {
  enum class Disk : uint8_t { kClosed, kOpening, kOpen };

  virtual ~TransferItem() = default;
  // Returns true when somebody waits for the end of this transfer.
  virtual bool awaited() const = 0;
  // Adds to `out` the fields that differ between uploads and downloads.
  virtual void describe(TransferInfo& out) const = 0;
  uint64_t chunks() const { return *e2e::chunk_count(seal.size); }

  uint64_t key = 0;  // of its jobs (FileWorker::new_transfer())
  std::string id, name;
  store::ConversationId conversation;
  FileSeal seal;
  std::optional<core::Transfer> transfer;  // for a download, set once the part file is open
  Disk disk = Disk::kClosed;
  bool attached = false;
  int64_t told_at = 0;
};

// The timeout (ms) of a request about a chunk, after which the chunk moves again. On a slow link a chunk waits behind
// seven others.
constexpr int64_t kChunkTimeoutMs = 60'000;

}  // namespace fastchat::client
