// The table of outgoing messages in the local store. Errors are kLocalDisk. Part of the store's transaction (store.h).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "client/store/sqlite.h"
#include "common/bytes.h"
#include "common/result.h"

namespace fastchat::store {

struct OutboxEntry {
  uint64_t ref = 0;
  std::string to;  // empty when `group` is set
  Bytes stream;
  uint64_t seq = 0;
  bool queued = false;
  Bytes group;  // 32, or empty
  uint64_t epoch = 0, members = 0, delivered = 0;
  std::vector<uint64_t> waiting, have;  // numbers of the members that do not have the message yet, and of those that
                                        // acknowledged it
};

class OutboxTable {
 public:
  explicit OutboxTable(Sqlite& db) : db_(db) {}

  // Skips `by` refs, so that this profile never reuses a ref that a copy of the profile used.
  Result<> skip_refs(uint64_t by);
  // Returns the new ref.
  Result<uint64_t> add(std::string_view to, ByteView stream, uint64_t seq, ByteView envelope);
  Result<uint64_t> add_to_group(ByteView group, uint64_t epoch, uint64_t members, ByteView stream, uint64_t seq,
                                ByteView envelope);
  Result<std::optional<OutboxEntry>> entry(uint64_t ref);
  // Stores new counts when `member` is 0. Otherwise marks that this member has the message too.
  Result<> set_counts(uint64_t ref, uint64_t delivered, const std::vector<uint64_t>& waiting, uint64_t member);
  Result<std::vector<OutboxEntry>> all();
  Result<std::optional<Bytes>> envelope(uint64_t ref);
  Result<> set_queued(uint64_t ref);
  Result<> drop(uint64_t ref);

 private:
  Result<std::vector<OutboxEntry>> read(const char* sql, std::initializer_list<Value> values);
  Sqlite& db_;
};

}  // namespace fastchat::store
