// The tables of pinned keys and of quarantined messages, in the local store.
// Errors are kLocalDisk. Part of the store's transaction (store.h).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "client/store/log_table.h"
#include "client/store/sqlite.h"
#include "common/bytes.h"
#include "common/result.h"

namespace fastchat::store {

struct QuarantineEntry {
  int64_t id = 0;
  int64_t received_ms = 0;
  std::string from, reason;
  Bytes hash;
  std::string word;  // the reason's word in docs/e2e.md, as in "bad-signature"; may be empty
};

struct PinRow {
  std::string user;
  Bytes fpr, spki;
  int trust = 0;
  int64_t since_ms = 0;
  uint64_t rekey_counter = 0;
  Bytes offered_spki;
  Bytes refused_fpr;  // fingerprint of an offered key that the person refused, or empty
};

// A key that a user had before.
struct FormerKeyRow {
  std::string user;
  Bytes fpr, spki;
  int64_t until_ms = 0;  // Unix; what the key signed counts until then
};

class PinTable {
 public:
  explicit PinTable(Sqlite& db) : db_(db) {}

  Result<std::vector<PinRow>> all();
  Result<> put(const PinRow& pin);
  Result<std::vector<FormerKeyRow>> former();
  Result<> put_former(const FormerKeyRow& key);
  LogTable& log() { return log_; }

 private:
  Sqlite& db_;
  LogTable log_{db_};
};

class QuarantineTable {
 public:
  explicit QuarantineTable(Sqlite& db) : db_(db) {}

  Result<> add(int64_t received_ms, std::string_view from, std::string_view reason, std::string_view word,
               ByteView hash, ByteView envelope);
  Result<std::vector<QuarantineEntry>> all();

 private:
  Sqlite& db_;
};

}  // namespace fastchat::store
