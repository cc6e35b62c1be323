// The tables of groups in the local store: states, keys, changes under way, and messages that wait for a key.
// Errors are kLocalDisk. Part of the store's transaction (store.h).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "client/store/sqlite.h"
#include "common/bytes.h"
#include "common/result.h"

namespace fastchat::store {

struct GroupRow {
  Bytes id;
  std::string name;
  int membership = 0;
  uint64_t settled = 0, next = 0;  // as in client/groups/settling.h
  int64_t since_ms = 0;
};

struct GroupEpochRow {
  Bytes id;
  uint64_t epoch = 0;
  Bytes state, signer_fpr;
  Bytes key;  // sealed, or empty
};

struct KeyShareRow {
  Bytes id;
  uint64_t epoch = 0;
  Bytes state_hash;
  std::string from;
  Bytes from_fpr, key;
};

struct GroupChangeRow {
  int64_t id = 0;
  Bytes group;
  std::string edit;
  Bytes state, key;  // empty until the next epoch is made
};

// A message of a group that cannot be opened yet.
struct WaitingRow {
  int64_t id = 0;
  Bytes group;
  uint64_t epoch = 0;
  Bytes envelope;
  std::string from;      // the user who signed the message
  uint64_t as_of = 0;    // epoch whose list of members counted at the arrival; 0: the message's own epoch
  bool expected = true;  // this device knew of the group, from its admin or from the server
};

class GroupTable {
 public:
  explicit GroupTable(Sqlite& db) : db_(db) {}

  Result<std::vector<GroupRow>> all();
  Result<> put(const GroupRow& row);
  Result<std::vector<GroupEpochRow>> epochs();  // ascending by epoch
  Result<> put_epoch(const GroupEpochRow& row);
  Result<> put_key(ByteView id, uint64_t epoch, ByteView key);
  Result<Bytes> key(ByteView id, uint64_t epoch);  // sealed; empty: no key stored
  Result<> drop_epochs(ByteView id, uint64_t below);
  Result<std::vector<KeyShareRow>> key_shares();
  Result<> put_key_share(const KeyShareRow& row, int64_t received_ms);
  Result<> drop_key_shares(ByteView id, uint64_t upto);
  // Counts the keys of groups that nothing else is known of, from this sender; from all senders when `from` is empty.
  Result<uint64_t> count_stray_key_shares(std::string_view from);
  Result<std::vector<GroupChangeRow>> changes();
  Result<int64_t> add_change(const GroupChangeRow& row);
  Result<> make_change(int64_t id, ByteView group, ByteView state, ByteView key);
  Result<> drop_change(int64_t id);

 private:
  Sqlite& db_;
};

class WaitingTable {
 public:
  explicit WaitingTable(Sqlite& db) : db_(db) {}

  // Stores a message of an epoch that is not known here yet; a message that comes again is stored once. Returns false
  // when the sender's share is used up: 2,000 messages of expected groups, 50 of others.
  Result<bool> add(const WaitingRow& row, int64_t received_ms, ByteView hash);
  Result<std::vector<WaitingRow>> of(ByteView group, int64_t after, size_t limit);
  Result<std::vector<WaitingRow>> epochs();  // one row per epoch, without envelope
  Result<uint64_t> count(ByteView group);
  Result<> drop(int64_t id);
  // Drops rows that waited too long. Keys of unknown groups and annotations of unknown messages expire after a week.
  // Messages of groups expire after a month, or after a week where the group is not expected.
  Result<> expire(int64_t now_ms);

 private:
  Sqlite& db_;
};

}  // namespace fastchat::store
