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

// An annotation of a user: an edit, a deletion or a reaction of one message.
struct Annotation {
  Bytes of_fpr, of_stream;
  uint64_t of_seq = 0;
  int kind = 0;  // EDIT, DELETE or REACTION
  std::string from;
  ConversationId conversation;
  Bytes stream;
  uint64_t seq = 0;
  int64_t sent_ms = 0;
  Bytes hash;  // of the annotation's envelope
  Bytes body;  // sealed: the new text, the emoji
};

class AnnotationTable {
 public:
  // The most annotations of one user that wait for messages that are not stored here.
  static constexpr int64_t kMaxWaiting = 100;
  explicit AnnotationTable(Sqlite& db) : db_(db) {}

  // Keeps the later of two annotations of one kind and user about one message, by (sent_ms, hash). Returns false when
  // the stored annotation is the later one. `waits_since`, when not 0: the annotation's message is not stored here.
  // Deletes the user's oldest waiting annotation when there are more than kMaxWaiting.
  Result<bool> put(const Annotation& remark, int64_t waits_since = 0);
  // Returns the send time (Unix ms) of the annotation with the kind, user and message of `like`; 0 when none is stored.
  Result<int64_t> last_sent(const Annotation& like);
  // Returns all annotations of the message in its own conversation, under any of its identities, by (sent_ms, hash).
  Result<std::vector<Annotation>> of(const Message& message);

 private:
  Sqlite& db_;
};

}  // namespace fastchat::store
