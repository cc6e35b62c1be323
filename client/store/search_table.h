// The table of search pages in the local store (client/search/search_pages.h). Page n has the positions from
// kSearchPage * n + 1 on. Errors are kLocalDisk. Part of the store's transaction (store.h).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "client/store/sqlite.h"
#include "common/bytes.h"
#include "common/result.h"

namespace fastchat::store {

// The number of positions in a search page, and a message of a page as a search reads it.
inline constexpr int64_t kSearchPage = 256;
struct SearchRow {
  int64_t id = 0, position = 0;
  int kind = 0;
  Bytes hash, body;
  bool annotated = false;  // the message has annotations or other identities: read the whole message
};

// A filter of the rows of a search, whatever their text.
struct SearchFilter {
  std::string conversation;  // as stored (ConversationId); empty: any
  std::string from;          // a user; empty: anybody
  bool mine = false;         // written by this user
  int kind = 0;              // 0: any
  int64_t from_ms = 0;       // send time or later, Unix ms
  int64_t until_ms = 0;      // send time before this moment, Unix ms; 0: no limit
  bool all() const { return *this == SearchFilter(); }
  bool operator==(const SearchFilter&) const = default;
};

class SearchTable {
 public:
  explicit SearchTable(Sqlite& db) : db_(db) {}

  // Visits the rows of a page that carry content, newest first.
  Result<> rows(int64_t page, const std::function<void(const SearchRow&)>& row);
  // Returns the positions of the rows of a page that carry content and pass the filter, newest first. Opens no text.
  Result<std::vector<int64_t>> passing(int64_t page, const SearchFilter& filter);
  Result<std::vector<int64_t>> pages();  // numbers of the pages that are made
  Result<Bytes> page(int64_t page);      // sealed; empty: no page stored
  Result<> put(int64_t page, ByteView body);
  // Drops a page, because a message of the page changed.
  Result<> drop(int64_t page);

 private:
  Sqlite& db_;
};

}  // namespace fastchat::store
