// The tables of the log of keys in the local store: the log key and the newest head, the leaves that were read, the
// keys that were proven, heads of others, and alarms. Errors are kLocalDisk. Part of the store's transaction (store.h).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "client/store/conversation_id.h"
#include "client/store/sqlite.h"
#include "common/bytes.h"
#include "common/log_head.h"
#include "common/result.h"

namespace fastchat::store {

struct LogStateRow {
  Bytes key;                  // the pinned log key, 32 bytes; empty: none
  LogHead head;               // the newest proven head; an empty signature: none
  int64_t missing_since = 0;  // Unix ms; 0: the server answers
};

// The leaves that this device has read, of the tree of `target`.
struct LogReadRow {
  uint64_t size = 0;
  bool known = false;  // `hashes` are known: they are not until the tree has grown past the first head
  Bytes hashes;        // of the complete subtrees of `size` leaves, 32 bytes each
  LogHead target;      // the root is compared at its size
  int64_t day_ms = 0;  // Unix ms: begin of the day in which `pages` were read
  int64_t pages = 0;
  int64_t stuck_since = 0;  // Unix ms: the server does not show the leaves since then; 0: it does
};

// A head that somebody sent and that is not proven yet.
struct LogHeadRow {
  ConversationId peer;
  std::string from;
  LogHead head;
  int64_t since_ms = 0;  // Unix ms
};

struct LogGossipRow {
  int64_t sent_ms = 0;  // Unix ms: this device's last head in this conversation
  bool heard = false;   // somebody sent a head there
};

// An alarm, with the two heads that do not fit. A head without a signature was not signed.
struct LogAlarmRow {
  int64_t id = 0;
  int64_t at_ms = 0;    // Unix ms
  Bytes subject;        // 32 bytes: alarms with the same subject are one
  ConversationId peer;  // empty: about the account
  std::string text;
  Bytes key;  // the log key that was shown
  LogHead held, shown;
};

class LogTable {
 public:
  explicit LogTable(Sqlite& db) : db_(db) {}

  Result<LogStateRow> state();
  Result<> put_state(const LogStateRow& row);
  Result<LogReadRow> read();
  Result<> put_read(const LogReadRow& row);
  Result<std::map<std::string, Bytes, std::less<>>> proven();  // fingerprints by user
  Result<> put_proven(std::string_view user, ByteView fpr);
  Result<> forget_proven();
  // The time since which the server does not prove some key (Unix ms); 0: it does.
  Result<int64_t> unproven_since();
  Result<> put_unproven_since(int64_t since_ms);
  Result<std::vector<LogHeadRow>> heads();  // the oldest first
  Result<> put_head(const LogHeadRow& row);
  Result<> drop_head(const ConversationId& peer, std::string_view from);
  Result<LogGossipRow> gossip(const ConversationId& peer);
  Result<> put_gossip(const ConversationId& peer, const LogGossipRow& row);
  // Returns true when somebody else wrote in this conversation.
  Result<bool> others_wrote(const ConversationId& peer);
  Result<std::vector<LogAlarmRow>> alarms();  // the oldest first
  // Adds an alarm. Returns false when there is one with this subject. Drops the oldest beyond 1,000:
  // first those that are no two heads with signatures, because others can cause them.
  Result<bool> add_alarm(const LogAlarmRow& row);

 private:
  Sqlite& db_;
};

}  // namespace fastchat::store
