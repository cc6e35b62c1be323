// The tables of messages in the local store: their rows, and their seen and read states. Errors are kLocalDisk. Part of
// the store's transaction (store.h).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "client/store/conversation_id.h"
#include "client/store/sqlite.h"
#include "client/store/stream_table.h"
#include "common/bytes.h"
#include "common/result.h"

namespace fastchat::store {

// Kinds of rows beyond those of content.proto.
inline constexpr int kKindHole = 100, kKindNotice = 101, kKindUnreadable = 102, kKindDevice = 103;

enum class State : int { kReceived = 0, kSending = 1, kQueued = 2, kDelivered = 3, kRead = 4, kFailed = 5 };

struct Message {
  int64_t id = 0;
  int64_t position = 0;  // 0: held back
  ConversationId conversation;
  int kind = 0;
  bool mine = false;
  std::string from;
  Bytes from_fpr, stream;
  uint64_t seq = 0;
  Bytes hash;
  int64_t sent_ms = 0, received_ms = 0;
  Bytes body;  // sealed
  bool late = false, seen = false;
  uint64_t ref = 0;  // 0: not sent from this device
  State state = State::kReceived;
  int code = 0;    // with kFailed
  Bytes reply_to;  // identity (see identity_bytes), or empty
  // Of an own group message: the number of other members of the epoch, of those who have it, and of those who read it.
  uint64_t members = 0, delivered = 0, read_by = 0;
};

// Returns from_fpr 32 | stream 16 | u64 seq: the identity of a message in one column.
Bytes identity_bytes(ByteView from_fpr, ByteView stream, uint64_t seq);

struct Conversation {
  ConversationId id;
  int64_t last_position = 0;
  int64_t last_ms = 0;
  uint64_t unseen = 0;
  bool wrote = false;  // this user wrote something in it
};

class MessageTable {
 public:
  explicit MessageTable(Sqlite& db) : db_(db) {}

  // Adds a message at the next position, or without a position when `held`. Returns the row id.
  Result<int64_t> add(const Message& message, bool held);
  // Gives a held message the next position. Changes nothing when there is no held row with this identity.
  Result<> release(ByteView from_fpr, ByteView stream, uint64_t seq, bool late);
  Result<std::optional<Message>> find(ByteView from_fpr, ByteView stream, uint64_t seq);
  // Finds a shown row: the message with this identity, or, when `hole`, the hole that begins at `seq`.
  Result<std::optional<Message>> find_shown(ByteView from_fpr, ByteView stream, uint64_t seq, bool hole);
  Result<std::optional<Message>> of_ref(uint64_t ref);
  Result<std::optional<Message>> get(int64_t id);
  // Finds a message by any identity that the message has or had.
  Result<std::optional<Message>> find_any(ByteView from_fpr, ByteView stream, uint64_t seq);
  // Finds a message by the first bytes of its hash; the latest when several match.
  Result<std::optional<Message>> find_by_hash(ByteView start);
  Result<> add_alias(ByteView from_fpr, ByteView stream, uint64_t seq, ByteView hash, int64_t message);
  // Changes the ref of a message that is sent again.
  Result<> set_ref(int64_t id, uint64_t ref);
  // Changes the identity of an own message that was sealed again. `body` is sealed for the place of `hash`.
  Result<> set_identity(int64_t id, ByteView from_fpr, ByteView stream, uint64_t seq, ByteView hash, ByteView body);
  Result<> set_counts(uint64_t ref, uint64_t members, uint64_t delivered);
  // Overwrites the body of a message.
  Result<> set_body(int64_t id, ByteView body);
  // Returns shown messages in display order: the last `limit` of a conversation before `before` (0: from the end).
  Result<std::vector<Message>> history(const ConversationId& conversation, size_t limit, int64_t before = 0);
  // Returns the first `limit` shown messages after position `after`; of all conversations when the id is empty.
  // Positions rise in the order in which messages came to be shown, and no message is ever moved. A message is deleted
  // only with a declined request, and its position is not given again. A reader that read up to a position has missed
  // no message.
  Result<std::vector<Message>> history_after(const ConversationId& conversation, size_t limit, int64_t after);
  // The shown messages of a conversation before a position. Reads that part of the index.
  Result<uint64_t> count(const ConversationId& conversation, int64_t before);
  Result<std::optional<Message>> at(int64_t position);
  // Returns the highest position that was ever given; 0 when there is none.
  Result<int64_t> last_position();
  Result<std::vector<Conversation>> conversations();
  // Returns true when this user wrote something in the conversation.
  Result<bool> wrote_in(const ConversationId& conversation);
  // Raises the state of an own message; a state never falls. kFailed replaces kSending and kQueued. Returns true when
  // the state changed.
  Result<bool> set_state(uint64_t ref, State state, int code);
  // Returns the message that was sent under the name whose hash is `id`. add_send_id() accepts each id once.
  Result<std::optional<Message>> of_send_id(ByteView id);
  Result<> add_send_id(ByteView id, uint64_t ref);
  // Forgets the positions that a rolled back transaction assigned.
  void rolled_back() { next_position_ = 0; }

 private:
  Sqlite& db_;
  int64_t next_position_ = 0;  // 0: read it from the database
};

class SeenTable {
 public:
  explicit SeenTable(Sqlite& db) : db_(db) {}

  // Returns the received messages that nobody has seen, in display order.
  Result<std::vector<Message>> unseen(int64_t after, size_t limit);
  Result<> mark(int64_t id);
  Result<> mark_all(const ConversationId& conversation);
  // Returns up to `limit` received messages of a conversation that were not seen yet (for a read receipt: 100).
  Result<std::vector<Message>> unseen_of(const ConversationId& conversation, size_t limit);
  // Returns the newest of these messages, the newest first.
  Result<std::vector<Message>> newest_unseen_of(const ConversationId& conversation, size_t limit);
  // Returns true when the user wrote a message to this user directly, which is here.
  Result<bool> has_written(std::string_view user);
  // Stores a verified read receipt. Returns true when the receipt named an own message to `reader`.
  Result<bool> set_read(std::string_view reader, const ReplayMark& what);
  // Does the same for a message to a group: counts the reader once. Returns true when the reader was not counted
  // before.
  Result<bool> set_read_in_group(std::string_view reader, int64_t message);
  // Returns the users who have read a message to a group, in alphabetical order.
  Result<std::vector<std::string>> readers(int64_t message);

 private:
  Sqlite& db_;
};

}  // namespace fastchat::store
