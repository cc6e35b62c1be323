#include "client/store/card_table.h"

#include "client/store/values.h"

namespace fastchat::store {

Result<std::vector<CardRow>> CardTable::all() {
  std::vector<CardRow> out;
  auto r = db_.each("SELECT hash, until_ms, used FROM cards", {}, [&](const Row& row) {
    out.push_back({row.blob(0), row.number(1), row.number(2) != 0});
  });
  if (!r.ok()) return r.error();
  return out;
}

Result<> CardTable::put(const CardRow& row) {
  if (row.until_ms == 0) return done(db_.run("DELETE FROM cards WHERE hash = ?", {Blob{row.hash}}));
  return done(
      db_.run("INSERT OR REPLACE INTO cards VALUES (?, ?, ?)", {Blob{row.hash}, row.until_ms, int64_t{row.used}}));
}

Result<std::vector<CardUseRow>> CardTable::uses() {
  std::vector<CardUseRow> out;
  auto r = db_.each("SELECT from_user, hash, sent_ms FROM card_uses ORDER BY id", {}, [&](const Row& row) {
    out.push_back({row.text(0), row.blob(1), row.number(2)});
  });
  if (!r.ok()) return r.error();
  return out;
}

Result<> CardTable::put_use(const CardUseRow& row) {
  return done(db_.run("INSERT INTO card_uses (from_user, hash, sent_ms) VALUES (?, ?, ?)",
                      {Text{row.user}, Blob{row.hash}, row.sent_ms}));
}

Result<> CardTable::drop_uses() {
  return done(db_.run("DELETE FROM card_uses"));
}

}  // namespace fastchat::store
