// Converts between the store's values and SQLite's: SQLite's integers are signed, and most statements only succeed or
// fail.
#pragma once

#include <cstdint>

#include "common/result.h"

// Rows that people wrote; of client/messages/kinds.cc, and of the index messages_unread.
#define FC_CONTENT "kind < 100"

namespace fastchat::store {

inline int64_t n(uint64_t v) {
  return static_cast<int64_t>(v);
}

inline Result<> done(const Result<int64_t>& r) {
  if (!r.ok()) return r.error();
  return Unit{};
}

}  // namespace fastchat::store
