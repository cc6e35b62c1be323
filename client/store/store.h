// The client's local store: one SQLite file in the data directory, and the lock that keeps other processes out. It
// knows rows and bytes, no keys: bodies and secrets arrive sealed. Lives on the owner's thread. Writes join one
// transaction that begin() opened; commit() returns after the sync (synchronous FULL). After a failure everything since
// begin() is rolled back and the caller must not act on it. Errors are Code::kLocalDisk with one line for the person.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/store/lock.h"
#include "client/store/sqlite.h"
#include "common/bytes.h"
#include "common/result.h"

namespace fastchat::store {

struct Profile {
  Bytes realm, broker_key;             // 16, 32
  std::vector<std::string> endpoints;  // tcp://host:port, tried in turn
  std::string user;
  Bytes device;  // 16
  std::string device_name;
  Bytes fpr;            // 32
  Bytes identity_blob;  // as the server keeps it
  Bytes unlock;         // sealed; empty: the password is asked for at each start
  uint64_t vault_version = 0;
  Bytes vault;                          // as the server keeps it
  std::string key_file = "unlock.key";  // opens `unlock`; a name in the profile's folder
  Bytes local_key;                      // sealed; empty: derived from the vault key
  Bytes secret, next_secret;            // of the device, sealed, or empty
  bool ended = false;                   // this device was removed
  bool devices_known = false;           // the table of devices was filled
};

// A log-in by password under way. `secret` is sealed.
struct LogInRow {
  std::string user;
  Bytes device, secret;
};
// A change of the password that was sent. `vault_key` is sealed.
struct PasswordChangeRow {
  uint64_t vault_version = 0;
  Bytes vault_key, identity_blob, vault;
};
struct DeviceRow {
  Bytes id;
  std::string name, address;
  int64_t created_ms = 0;
};

// Kinds of rows beyond those of content.proto.
inline constexpr int kKindHole = 100, kKindNotice = 101, kKindUnreadable = 102, kKindDevice = 103;

enum class State : int { kReceived = 0, kSending = 1, kQueued = 2, kDelivered = 3, kRead = 4, kFailed = 5 };

struct Message {
  int64_t id = 0;
  int64_t position = 0;  // 0: held back
  std::string peer;      // the conversation
  int kind = 0;
  bool mine = false;
  std::string from;
  Bytes from_fpr, stream;
  uint64_t seq = 0;
  Bytes hash;
  int64_t sent_ms = 0, received_ms = 0;
  Bytes body;  // sealed
  bool late = false, seen = false;
  uint64_t ref = 0;  // 0: not sent from this device
  State state = State::kReceived;
  int code = 0;    // with kFailed
  Bytes reply_to;  // identity (see identity_bytes), or empty
  // Of an own group message: other members of the epoch, and how many have it, and have read it.
  uint64_t members = 0, delivered = 0, read_by = 0;
};

// from_fpr 32 | stream 16 | u64 seq: the identity of a message in one column.
Bytes identity_bytes(ByteView from_fpr, ByteView stream, uint64_t seq);

// What somebody said about a message.
struct Remark {
  Bytes of_fpr, of_stream;
  uint64_t of_seq = 0;
  int kind = 0;  // EDIT, DELETE or REACTION
  std::string from, peer;
  Bytes stream;
  uint64_t seq = 0;
  int64_t sent_ms = 0;
  Bytes hash;  // of its envelope
  Bytes body;  // sealed: the new text, the emoji
};

struct OutboxEntry {
  uint64_t ref = 0;
  std::string to;  // empty when `group` is set
  Bytes stream;
  uint64_t seq = 0;
  bool queued = false;
  Bytes group;  // 32, or empty
  uint64_t epoch = 0, members = 0, delivered = 0;
  std::vector<uint64_t> waiting, have;  // numbers of members that do not have it yet, and that told that they have it
};

struct GroupRow {
  Bytes id;
  std::string name;
  int standing = 0;
  uint64_t settled = 0, next = 0;  // as in client/groups/settling.h
  int64_t since_ms = 0;
};
struct GroupEpochRow {
  Bytes id;
  uint64_t epoch = 0;
  Bytes state, signer_fpr;
  Bytes key;  // sealed, or empty
};
struct GroupNoteRow {
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
  std::string from;      // who signed it
  uint64_t as_of = 0;    // the epoch whose list of members counted when it came; 0: that of the message
  bool expected = true;  // this device knew of the group, from its admin or from the server
};

// The last run of the program on this profile (client/core/continuity.h).
struct RunRow {
  uint64_t session_epoch = 0;
  bool open = false;
  int64_t since_ms = 0;  // when this device became one of its user's; 0: not known
};

struct OutStream {
  Bytes stream;
  uint64_t next_seq = 1;
  Bytes last_hash;  // empty while next_seq is 1
};

struct InStream {
  uint64_t shown_upto = 0;
  bool joined = false;
  uint64_t whole_upto = 0, base_upto = 0;
  std::vector<uint64_t> held;
};

// A stream that holds messages back.
struct HeldStream {
  Bytes from_fpr, stream;
  std::string peer;      // the conversation
  int64_t since_ms = 0;  // Unix; when the first of them came
};

struct ReplayMark {
  Bytes from_fpr, stream;
  uint64_t seq = 0;
  Bytes hash;
};

struct QuarantineEntry {
  int64_t id = 0;
  int64_t received_ms = 0;
  std::string from, reason;
  Bytes hash;
  std::string word;  // of docs/e2e.md, as in "bad-signature"; may be empty
};

struct PinRow {
  std::string user;
  Bytes fpr, spki;
  int trust = 0;
  int64_t since_ms = 0;
  uint64_t rekey_counter = 0;
  Bytes offered_spki;
  Bytes refused_fpr;  // of an offered key that the person said no to; or empty
};

// A message as a search reads it.
inline constexpr int64_t kSearchPage = 256;
struct SearchRow {
  int64_t id = 0, position = 0;
  int kind = 0;
  Bytes hash, body;
  bool remarked = false;  // something was said about it, or it has other identities: read the whole message
};

struct Conversation {
  std::string peer;
  int64_t last_position = 0;
  int64_t last_ms = 0;
  uint64_t unseen = 0;
};

class Store {
 public:
  // Makes the directory (0700) and the database (0600) as needed, takes the lock, migrates.
  static Result<std::unique_ptr<Store>> open(const std::string& directory);

  const std::string& directory() const { return directory_; }
  Sqlite& sql() { return *db_; }

  // ---- the transaction
  Result<> begin();  // nothing when one is open
  Result<> commit();
  void rollback();
  bool in_transaction() const { return open_; }

  // ---- profile
  Result<std::optional<Profile>> profile();
  Result<> put_profile(const Profile& profile);
  Result<> put_vault(uint64_t version, ByteView box);
  // After the commit that deleted a secret: nothing of it stays in the database's files.
  Result<> forget_deleted();
  Result<std::optional<LogInRow>> log_in_row();
  Result<> put_log_in(const LogInRow& row);
  Result<> drop_log_in();
  Result<std::optional<PasswordChangeRow>> password_change();
  Result<> put_password_change(const PasswordChangeRow& row);
  Result<> drop_password_change();
  Result<std::vector<DeviceRow>> devices();  // the oldest first
  Result<> put_device(const DeviceRow& row);
  Result<> drop_device(ByteView id);
  // The message that was sent under this name (a hash of it); add_send_id() takes each once.
  Result<std::optional<Message>> message_of_send_id(ByteView id);
  Result<> add_send_id(ByteView id, uint64_t ref);
  Result<RunRow> run();
  Result<> put_run(const RunRow& row);

  // ---- messages
  // Gives it the next position unless `held`. Answers its row id.
  Result<int64_t> add_message(const Message& message, bool held);
  // Gives a held message its position; nothing when there is no such row.
  Result<> release(ByteView from_fpr, ByteView stream, uint64_t seq, bool late);
  Result<std::optional<Message>> find_message(ByteView from_fpr, ByteView stream, uint64_t seq);
  // As above, among the rows that are shown: the message, or the hole that begins at `seq`.
  Result<std::optional<Message>> find_shown(ByteView from_fpr, ByteView stream, uint64_t seq, bool hole);
  Result<std::optional<Message>> message_of_ref(uint64_t ref);
  Result<std::optional<Message>> message(int64_t id);
  // By any identity it has or had.
  Result<std::optional<Message>> find_any(ByteView from_fpr, ByteView stream, uint64_t seq);
  // By the first bytes of its hash; the latest when several fit.
  Result<std::optional<Message>> find_by_hash(ByteView start);
  Result<> add_alias(ByteView from_fpr, ByteView stream, uint64_t seq, ByteView hash, int64_t message);
  // The message is sent under another ref now.
  Result<> set_ref(int64_t id, uint64_t ref);
  // A message of ours is sent under another identity, sealed anew; its body's place goes with the hash.
  Result<> set_identity(int64_t id, ByteView stream, uint64_t seq, ByteView hash, ByteView body);
  Result<> set_counts(uint64_t ref, uint64_t members, uint64_t delivered);
  // Overwrites its body.
  Result<> set_body(int64_t id, ByteView body);
  // Keeps the later of two remarks of one kind and user about one message. False when the one that stands is later.
  // `waits_since` not 0: its message is not here; of those a user's oldest goes when there are more than
  // kRemarksWaiting.
  Result<bool> put_remark(const Remark& remark, int64_t waits_since = 0);
  static constexpr int64_t kRemarksWaiting = 100;
  // All that was said about this message in its own conversation, under any of its identities, oldest first.
  Result<std::vector<Remark>> remarks_of(const Message& message);
  // Shown messages in display order: the last `limit` of a conversation before `before` (0: from the end).
  Result<std::vector<Message>> history(std::string_view peer, size_t limit, int64_t before = 0);
  // The first `limit` after `after`.
  Result<std::vector<Message>> history_after(std::string_view peer, size_t limit, int64_t after);
  Result<std::optional<Message>> message_at(int64_t position);
  // The position of the newest shown message; 0: there is none.
  Result<int64_t> last_position();
  // Received ones nobody has looked at, in display order.
  Result<std::vector<Message>> unseen(int64_t after, size_t limit);
  Result<> mark_seen(int64_t id);
  // Tries whether there is room on the disk to mark all of these, and changes nothing. The log of the database keeps
  // the room, so that marking them next does not lack it. Outside a transaction.
  Result<> try_seen(const std::vector<int64_t>& ids);
  Result<> mark_peer_seen(std::string_view peer);
  // Up to 100 received messages of `peer` that were not seen yet (for a read receipt).
  Result<std::vector<Message>> unseen_of(std::string_view peer, size_t limit);
  Result<std::vector<Conversation>> conversations();
  // Whether this user wrote something in the conversation.
  Result<bool> wrote_in(std::string_view peer);
  // Raises the state of a message of ours; it never falls. Failed wins over sending and queued.
  Result<> set_state(uint64_t ref, State state, int code);
  // A verified read receipt. True when it named a message of ours to `reader`.
  Result<bool> set_read(std::string_view reader, const ReplayMark& what);
  // The same for a message to a group: counts the reader once. True when this was news.
  Result<bool> set_read_in_group(std::string_view reader, int64_t message);

  // ---- search pages (client/search/search_pages.h); page n has the positions from kSearchPage * n + 1 on
  // What carries content in a page, newest first.
  Result<> search_rows(int64_t page, const std::function<void(const SearchRow&)>& row);
  Result<std::vector<int64_t>> search_pages();  // the numbers of those that are made
  Result<Bytes> search_page(int64_t page);      // sealed; empty when it is not there
  Result<> put_search_page(int64_t page, ByteView body);
  // A message of this page changed.
  Result<> drop_search_page(int64_t page);

  // ---- streams and marks
  Result<std::optional<Bytes>> mark(ByteView from_fpr, ByteView stream, uint64_t seq);
  Result<> add_mark(ByteView from_fpr, ByteView stream, uint64_t seq, ByteView hash);
  Result<InStream> in_stream(ByteView from_fpr, ByteView stream);
  Result<> put_in_stream(ByteView from_fpr, ByteView stream, uint64_t shown_upto, bool joined, int64_t now_ms);
  Result<> extend_whole(ByteView from_fpr, ByteView stream, uint64_t seq);
  Result<> hold(ByteView from_fpr, ByteView stream, uint64_t seq);
  Result<std::vector<HeldStream>> streams_with_held();
  // High-water marks for the vault: the latest `limit` streams.
  Result<std::vector<ReplayMark>> replay_marks(size_t limit);
  Result<> merge_replay_mark(const ReplayMark& mark);
  Result<OutStream> out_stream(std::string_view peer);
  Result<> put_out_stream(std::string_view peer, const OutStream& stream);
  Result<> forget_out_streams();

  // ---- outbox
  // The next ref is higher than usual by this much, so that none is used again that a copy of this profile used.
  Result<> skip_refs(uint64_t by);
  // Answers the new ref.
  Result<uint64_t> add_outbox(std::string_view to, ByteView stream, uint64_t seq, ByteView envelope);
  Result<uint64_t> add_group_outbox(ByteView group, uint64_t epoch, uint64_t members, ByteView stream, uint64_t seq,
                                    ByteView envelope);
  Result<std::optional<OutboxEntry>> outbox_entry(uint64_t ref);
  // `member` 0: the counts are new. Otherwise this member has it too.
  Result<> outbox_counts(uint64_t ref, uint64_t delivered, const std::vector<uint64_t>& waiting, uint64_t member);
  Result<std::vector<OutboxEntry>> outbox();
  Result<std::optional<Bytes>> outbox_envelope(uint64_t ref);
  Result<> outbox_queued(uint64_t ref);
  Result<> outbox_done(uint64_t ref);

  // ---- notes: small sealed things by name; an empty body forgets one
  Result<std::optional<Bytes>> setting(std::string_view name);
  Result<> put_setting(std::string_view name, ByteView body);

  // ---- groups
  Result<std::vector<GroupRow>> groups();
  Result<> put_group(const GroupRow& row);
  Result<std::vector<GroupEpochRow>> group_epochs();  // ascending by epoch
  Result<> put_group_epoch(const GroupEpochRow& row);
  Result<> put_group_key(ByteView id, uint64_t epoch, ByteView key);
  Result<Bytes> group_key(ByteView id, uint64_t epoch);  // sealed; empty when it is not there
  Result<> drop_group_epochs(ByteView id, uint64_t below);
  Result<std::vector<GroupNoteRow>> group_notes();
  Result<> put_group_note(const GroupNoteRow& row, int64_t received_ms);
  Result<> drop_group_notes(ByteView id, uint64_t upto);
  Result<std::vector<GroupChangeRow>> group_changes();
  Result<int64_t> add_group_change(const GroupChangeRow& row);
  Result<> make_group_change(int64_t id, ByteView group, ByteView state, ByteView key);
  Result<> drop_group_change(int64_t id);
  // A message of an epoch that is not known here yet; once, however often it comes. False when the sender's share is
  // used up: 2,000 of groups that are expected, 50 of others.
  Result<bool> add_waiting(const WaitingRow& row, int64_t received_ms, ByteView hash);
  Result<std::vector<WaitingRow>> waiting_of(ByteView group, int64_t after, size_t limit);
  Result<std::vector<WaitingRow>> waiting_epochs();  // one row an epoch, without envelope
  Result<uint64_t> count_waiting(ByteView group);
  Result<> drop_waiting(int64_t id);
  // Keys of groups that nothing else is known of, from this sender; of all senders when it is empty.
  Result<uint64_t> count_stray_notes(std::string_view from);
  // What waited too long for something that never came: keys of unknown groups and remarks about unknown messages after
  // a week, messages of groups after a month (a week where the group is not expected).
  Result<> expire(int64_t now_ms);

  // ---- quarantine, pins
  Result<> add_quarantine(int64_t received_ms, std::string_view from, std::string_view reason, std::string_view word,
                          ByteView hash, ByteView envelope);
  Result<std::vector<QuarantineEntry>> quarantine();
  Result<std::vector<PinRow>> pins();
  Result<> put_pin(const PinRow& pin);

 private:
  Store(std::string directory, ProfileLock lock, std::unique_ptr<Sqlite> db)
      : directory_(std::move(directory)), lock_(std::move(lock)), db_(std::move(db)) {}
  Result<> migrate();
  Result<std::vector<OutboxEntry>> read_outbox(const char* sql, std::initializer_list<Value> values);
  Result<int64_t> next_position();

  std::string directory_;
  ProfileLock lock_;
  std::unique_ptr<Sqlite> db_;
  bool open_ = false;
  int64_t next_position_ = 0;  // 0: read it from the database
};

}  // namespace fastchat::store
