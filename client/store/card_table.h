// The tables of contact cards in the local store: this user's own cards, and notes of people who used one. Errors are
// kLocalDisk. Part of the store's transaction (store.h).
#pragma once

#include <string>
#include <vector>

#include "client/store/sqlite.h"
#include "common/result.h"

namespace fastchat::store {

struct CardRow {
  Bytes hash;            // 32 bytes, of the token
  int64_t until_ms = 0;  // Unix ms; 0: the row is to be deleted
  bool used = false;
};

// A note of somebody who used a card, which waits for the newest vault.
struct CardUseRow {
  std::string user;
  Bytes hash;
  int64_t sent_ms = 0;  // as its sender says
};

class CardTable {
 public:
  explicit CardTable(Sqlite& db) : db_(db) {}

  Result<std::vector<CardRow>> all();
  Result<> put(const CardRow& row);  // deletes a row without an end
  Result<std::vector<CardUseRow>> uses();
  Result<> put_use(const CardUseRow& row);
  Result<> drop_uses();

 private:
  Sqlite& db_;
};

}  // namespace fastchat::store
