// The tables of decisions about people and groups, in the local store. Errors are kLocalDisk. Part of the store's
// transaction (store.h).
#pragma once

#include <vector>

#include "client/store/card_table.h"
#include "client/store/conversation_id.h"
#include "client/store/sqlite.h"
#include "common/result.h"

namespace fastchat::store {

struct StandingRow {
  ConversationId peer;
  int standing = 0;  // content.proto's ContactStanding
  int64_t changed_ms = 0;
  bool unsent = false;  // the server does not have the decision yet
};

struct StrangersRow {
  int wanted = 0;  // content.proto's StrangersPolicy; 0: the person decided nothing
  int64_t changed_ms = 0;
  int server = 0;       // the last answer of the server; 0: none yet
  bool listed = false;  // vault and server have to have a list of decisions
};

class StandingTable {
 public:
  explicit StandingTable(Sqlite& db) : db_(db) {}

  Result<std::vector<StandingRow>> all();
  Result<> put(const StandingRow& row);
  Result<> drop(const ConversationId& peer);
  Result<StrangersRow> strangers();
  Result<> put_strangers(const StrangersRow& row);
  // Deletes all messages of a conversation, with what belongs to them. Their positions are not given again.
  Result<> remove_conversation(const ConversationId& conversation);
  CardTable& cards() { return cards_; }

 private:
  Sqlite& db_;
  CardTable cards_{db_};
};

}  // namespace fastchat::store
