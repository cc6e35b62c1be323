// The tables of streams in the local store: marks of received messages, and the state of the own streams. Errors are
// kLocalDisk. Part of the store's transaction (store.h).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "client/store/conversation_id.h"
#include "client/store/sqlite.h"
#include "common/bytes.h"
#include "common/result.h"

namespace fastchat::store {

// The last run of the program on this profile (client/core/continuity.h).
struct RunRow {
  uint64_t session_epoch = 0;
  bool open = false;
  int64_t since_ms = 0;  // time when this device became one of its user's devices; 0: not known
};

struct OutStream {
  Bytes stream;
  uint64_t next_seq = 1;
  Bytes last_hash;  // empty while next_seq is 1
};

struct InStream {
  uint64_t shown_upto = 0;
  bool joined = false;
  uint64_t whole_upto = 0, base_upto = 0;
  std::vector<uint64_t> held;
};

// A stream that holds messages back.
struct HeldStream {
  Bytes from_fpr, stream;
  ConversationId conversation;
  int64_t since_ms = 0;  // Unix; arrival of the first held message
};

struct ReplayMark {
  Bytes from_fpr, stream;
  uint64_t seq = 0;
  Bytes hash;
};

class StreamTable {
 public:
  explicit StreamTable(Sqlite& db) : db_(db) {}

  Result<std::optional<Bytes>> mark(ByteView from_fpr, ByteView stream, uint64_t seq);
  Result<> add_mark(ByteView from_fpr, ByteView stream, uint64_t seq, ByteView hash);
  Result<InStream> in(ByteView from_fpr, ByteView stream);
  Result<> put_in(ByteView from_fpr, ByteView stream, uint64_t shown_upto, bool joined, int64_t now_ms);
  Result<> extend_whole(ByteView from_fpr, ByteView stream, uint64_t seq);
  Result<> hold(ByteView from_fpr, ByteView stream, uint64_t seq);
  Result<std::vector<HeldStream>> with_held();
  // Returns high-water marks for the vault, of the `limit` streams that changed last.
  Result<std::vector<ReplayMark>> replay_marks(size_t limit);
  Result<> merge_replay_mark(const ReplayMark& mark);
  Result<OutStream> out(const ConversationId& conversation);
  Result<> put_out(const ConversationId& conversation, const OutStream& stream);
  Result<> forget_out();
  Result<> forget_out(ByteView stream);
  Result<RunRow> run();
  Result<> put_run(const RunRow& row);

 private:
  Sqlite& db_;
};

}  // namespace fastchat::store
