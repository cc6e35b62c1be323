// Conversions between the store's values and SQLite's. SQLite's integers are signed, and most statements only succeed
// or fail.
#pragma once

#include <cstdint>

#include "common/result.h"

// Matches rows that people wrote. The same as in client/messages/kinds.cc and in the index messages_unread.
#define FC_CONTENT "kind < 100"

// True for a row `m` of messages that its sender deleted, under any of the row's identities: an annotation of
// content.proto's kind DELETE.
#define FC_DELETED                                                                                                  \
  "(EXISTS (SELECT 1 FROM remarks r WHERE r.of_fpr = m.from_fpr AND r.of_stream = m.stream AND r.of_seq = m.seq "   \
  "AND r.kind = 9 AND r.peer = m.peer) OR EXISTS (SELECT 1 FROM aliases a JOIN remarks r ON r.of_fpr = a.from_fpr " \
  "AND r.of_stream = a.stream AND r.of_seq = a.seq WHERE a.message = m.id AND r.kind = 9 AND r.peer = m.peer))"

namespace fastchat::store {

inline int64_t n(uint64_t v) {
  return static_cast<int64_t>(v);
}

inline Result<> done(const Result<int64_t>& r) {
  if (!r.ok()) return r.error();
  return Unit{};
}

}  // namespace fastchat::store
