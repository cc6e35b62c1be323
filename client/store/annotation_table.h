// The table of annotations in the local store: edits, deletions and reactions.
// Errors are kLocalDisk. Part of the store's transaction (store.h).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "client/store/message_table.h"
#include "common/bytes.h"
#include "common/result.h"

namespace fastchat::store {

// A remark of a user about a message.
struct Annotation {
  Bytes of_fpr, of_stream;
  uint64_t of_seq = 0;
  int kind = 0;  // EDIT, DELETE or REACTION
  std::string from;
  ConversationId conversation;
  Bytes stream;
  uint64_t seq = 0;
  int64_t sent_ms = 0;
  Bytes hash;  // of its envelope
  Bytes body;  // sealed: the new text, the emoji
};

class AnnotationTable {
 public:
  // Annotations of one user whose messages are not here.
  static constexpr int64_t kMaxWaiting = 100;
  explicit AnnotationTable(Sqlite& db) : db_(db) {}

  // Keeps the later of two annotations of one kind and user about one message, by (sent_ms, hash). False when the one
  // that stands is later.
  // `waits_since` not 0: its message is not here; of those a user's oldest goes when there are more than
  // kMaxWaiting.
  Result<bool> put(const Annotation& remark, int64_t waits_since = 0);
  // The time of the one of this kind, user and message; 0: there is none. Unix ms.
  Result<int64_t> last_sent(const Annotation& like);
  // All that was said about this message in its own conversation, under any of its identities, by (sent_ms, hash).
  Result<std::vector<Annotation>> of(const Message& message);

 private:
  Sqlite& db_;
};

}  // namespace fastchat::store
