#include "client/store/search_table.h"

#include "client/store/values.h"

namespace fastchat::store {

Result<> SearchTable::rows(int64_t page, const std::function<void(const SearchRow&)>& visit) {
  SearchRow out;
  return done(db_.each(
      "SELECT id, position, kind, hash, body, EXISTS (SELECT 1 FROM remarks WHERE of_fpr = from_fpr AND of_stream = "
      "messages.stream AND of_seq = messages.seq) OR EXISTS (SELECT 1 FROM aliases WHERE message = messages.id) FROM "
      "messages WHERE position > ?1 AND position <= ?1 + ?2 AND " FC_CONTENT " ORDER BY position DESC",
      {page * kSearchPage, kSearchPage}, [&](const Row& row) {
        out = {row.number(0), row.number(1), static_cast<int>(row.number(2)),
               row.blob(3),   row.blob(4),   row.number(5) != 0};
        visit(out);
      }));
}

Result<std::vector<int64_t>> SearchTable::passing(int64_t page, const SearchFilter& filter) {
  std::vector<int64_t> out;
  auto r = db_.each(
      "SELECT position FROM messages WHERE position > ?1 AND position <= ?1 + ?2 AND " FC_CONTENT
      " AND (?3 = '' OR peer = ?3) AND (?4 = '' OR from_user = ?4) AND (?5 = 0 OR mine = 1) AND (?6 = 0 OR kind = ?6)"
      " AND sent_ms >= ?7 AND (?8 = 0 OR sent_ms < ?8) ORDER BY position DESC",
      {page * kSearchPage, kSearchPage, Text{filter.conversation}, Text{filter.from}, int64_t{filter.mine},
       int64_t{filter.kind}, filter.from_ms, filter.until_ms},
      [&](const Row& row) { out.push_back(row.number(0)); });
  if (!r.ok()) return r.error();
  return out;
}

Result<std::vector<int64_t>> SearchTable::pages() {
  std::vector<int64_t> out;
  auto r = db_.each("SELECT number FROM search_pages", {}, [&](const Row& row) { out.push_back(row.number(0)); });
  if (!r.ok()) return r.error();
  return out;
}

Result<Bytes> SearchTable::page(int64_t page) {
  Bytes out;
  auto r =
      db_.each("SELECT body FROM search_pages WHERE number = ?", {page}, [&](const Row& row) { out = row.blob(0); });
  if (!r.ok()) return r.error();
  return out;
}

Result<> SearchTable::put(int64_t page, ByteView body) {
  return done(db_.run("INSERT OR REPLACE INTO search_pages VALUES (?, ?)", {page, Blob{body}}));
}

Result<> SearchTable::drop(int64_t page) {
  return done(db_.run("DELETE FROM search_pages WHERE number = ?", {page}));
}

}  // namespace fastchat::store
