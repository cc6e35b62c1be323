#include "client/store/message_table.h"

#include "client/store/values.h"

namespace fastchat::store {
namespace {

#define FC_MESSAGE_COLUMNS                                                                                          \
  "id, ifnull(position, 0), peer, kind, mine, from_user, from_fpr, stream, seq, hash, sent_ms, received_ms, body, " \
  "late, seen, ifnull(ref, 0), state, code, reply_to, members, delivered, read_by"

Message read(const Row& row) {
  Message m;
  m.id = row.number(0);
  m.position = row.number(1);
  m.conversation = ConversationId::from_stored(row.text(2));
  m.kind = static_cast<int>(row.number(3));
  m.mine = row.number(4) != 0;
  m.from = row.text(5);
  m.from_fpr = row.blob(6);
  m.stream = row.blob(7);
  m.seq = row.count(8);
  m.hash = row.blob(9);
  m.sent_ms = row.number(10);
  m.received_ms = row.number(11);
  m.body = row.blob(12);
  m.late = row.number(13) != 0;
  m.seen = row.number(14) != 0;
  m.ref = row.count(15);
  m.state = static_cast<State>(row.number(16));
  m.code = static_cast<int>(row.number(17));
  m.reply_to = row.blob(18);
  m.members = row.count(19);
  m.delivered = row.count(20);
  m.read_by = row.count(21);
  return m;
}

Result<std::vector<Message>> read_all(Sqlite& db, const char* sql, std::initializer_list<Value> values) {
  std::vector<Message> out;
  auto r = db.each(sql, values, [&](const Row& row) { out.push_back(read(row)); });
  if (!r.ok()) return r.error();
  return out;
}

Result<std::optional<Message>> read_one(Sqlite& db, const char* sql, std::initializer_list<Value> values) {
  Result<std::vector<Message>> all = read_all(db, sql, values);
  if (!all.ok()) return all.error();
  if (all->empty()) return std::optional<Message>();
  return std::optional<Message>(std::move(all->front()));
}

}  // namespace

Bytes identity_bytes(ByteView from_fpr, ByteView stream, uint64_t seq) {
  Bytes out(from_fpr);
  out += stream;
  put_u64(out, seq);
  return out;
}

Result<int64_t> MessageTable::add(const Message& m, bool held) {
  Value position;
  if (!held) {
    Result<int64_t> last = last_position();
    if (!last.ok()) return last;
    position = next_position_++;
  }
  auto r = db_.run(
      R"sql(
          INSERT INTO messages (position, peer, kind, mine, from_user, from_fpr, stream, seq, hash, sent_ms,
            received_ms, body, late, seen, ref, state, code, reply_to, members)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?))sql",
      {position, Text{m.conversation.stored()}, int64_t{m.kind}, int64_t{m.mine}, Text{m.from}, Blob{m.from_fpr},
       Blob{m.stream}, n(m.seq), Blob{m.hash}, m.sent_ms, m.received_ms, Blob{m.body}, int64_t{m.late}, int64_t{m.seen},
       m.ref == 0 ? Value() : Value(n(m.ref)), static_cast<int64_t>(m.state), int64_t{m.code}, Blob{m.reply_to},
       n(m.members)});
  if (!r.ok()) return r;
  const int64_t id = db_.last_id();
  // Ends the wait of annotations that came before the message.
  auto came = db_.run("UPDATE remarks SET waits_since = 0 WHERE of_fpr = ? AND of_stream = ? AND of_seq = ?",
                      {Blob{m.from_fpr}, Blob{m.stream}, n(m.seq)});
  if (!came.ok()) return came;
  return id;
}

Result<> MessageTable::release(ByteView from_fpr, ByteView stream, uint64_t seq, bool late) {
  auto freed =
      db_.run("DELETE FROM held WHERE from_fpr = ? AND stream = ? AND seq = ?", {Blob{from_fpr}, Blob{stream}, n(seq)});
  if (!freed.ok()) return freed.error();
  Result<int64_t> last = last_position();
  if (!last.ok()) return last.error();
  return done(db_.run(R"sql(
          UPDATE messages SET position = ?, late = ?
          WHERE from_fpr = ? AND stream = ? AND seq = ? AND position IS NULL)sql",
                      {next_position_++, int64_t{late}, Blob{from_fpr}, Blob{stream}, n(seq)}));
}

Result<std::optional<Message>> MessageTable::find(ByteView from_fpr, ByteView stream, uint64_t seq) {
  return read_one(db_,
                  "SELECT " FC_MESSAGE_COLUMNS
                  " FROM messages WHERE from_fpr = ? AND stream = ? AND seq = ? AND kind <> 100 LIMIT 1",
                  {Blob{from_fpr}, Blob{stream}, n(seq)});
}

Result<std::optional<Message>> MessageTable::find_shown(ByteView from_fpr, ByteView stream, uint64_t seq, bool hole) {
  return read_one(db_,
                  "SELECT " FC_MESSAGE_COLUMNS
                  " FROM messages WHERE from_fpr = ? AND stream = ? AND seq = ? AND position IS NOT NULL AND (kind = "
                  "100) = ? LIMIT 1",
                  {Blob{from_fpr}, Blob{stream}, n(seq), int64_t{hole}});
}

Result<std::optional<Message>> MessageTable::of_ref(uint64_t ref) {
  return read_one(db_, "SELECT " FC_MESSAGE_COLUMNS " FROM messages WHERE ref = ?", {n(ref)});
}

Result<std::optional<Message>> MessageTable::get(int64_t id) {
  return read_one(db_, "SELECT " FC_MESSAGE_COLUMNS " FROM messages WHERE id = ?", {id});
}

Result<std::optional<Message>> MessageTable::find_any(ByteView from_fpr, ByteView stream, uint64_t seq) {
  Result<std::optional<Message>> plain = find(from_fpr, stream, seq);
  if (!plain.ok() || plain->has_value()) return plain;
  return read_one(
      db_,
      "SELECT " FC_MESSAGE_COLUMNS
      " FROM messages WHERE id = (SELECT message FROM aliases WHERE from_fpr = ? AND stream = ? AND seq = ?)",
      {Blob{from_fpr}, Blob{stream}, n(seq)});
}

Result<std::optional<Message>> MessageTable::find_by_hash(ByteView start) {
  Bytes end(start);
  end.append(32, '\xff');
  // The + keeps SQLite from walking down the ids instead of using the index on hash.
  return read_one(db_,
                  "SELECT " FC_MESSAGE_COLUMNS " FROM messages WHERE hash >= ? AND hash <= ? AND " FC_CONTENT
                  " ORDER BY +id DESC LIMIT 1",
                  {Blob{start}, Blob{end}});
}

Result<> MessageTable::add_alias(ByteView from_fpr, ByteView stream, uint64_t seq, ByteView hash, int64_t message) {
  auto came = db_.run("UPDATE remarks SET waits_since = 0 WHERE of_fpr = ? AND of_stream = ? AND of_seq = ?",
                      {Blob{from_fpr}, Blob{stream}, n(seq)});
  if (!came.ok()) return came.error();
  return done(db_.run("INSERT OR IGNORE INTO aliases VALUES (?, ?, ?, ?, ?)",
                      {Blob{from_fpr}, Blob{stream}, n(seq), Blob{hash}, message}));
}

Result<> MessageTable::set_ref(int64_t id, uint64_t ref) {
  return done(db_.run("UPDATE messages SET ref = ?, state = 1, delivered = 0 WHERE id = ?", {n(ref), id}));
}

Result<> MessageTable::set_identity(int64_t id, ByteView from_fpr, ByteView stream, uint64_t seq, ByteView hash,
                                    ByteView body) {
  return done(db_.run("UPDATE messages SET from_fpr = ?, stream = ?, seq = ?, hash = ?, body = ? WHERE id = ?",
                      {Blob{from_fpr}, Blob{stream}, n(seq), Blob{hash}, Blob{body}, id}));
}

Result<> MessageTable::set_counts(uint64_t ref, uint64_t members, uint64_t delivered) {
  return done(
      db_.run("UPDATE messages SET members = ?, delivered = ? WHERE ref = ?", {n(members), n(delivered), n(ref)}));
}

Result<> MessageTable::set_body(int64_t id, ByteView body) {
  return done(db_.run("UPDATE messages SET body = ? WHERE id = ?", {Blob{body}, id}));
}

Result<std::vector<Message>> MessageTable::history(const ConversationId& conversation, size_t limit, int64_t before) {
  return read_all(db_,
                  "SELECT * FROM (SELECT " FC_MESSAGE_COLUMNS
                  " FROM messages WHERE peer = ? AND position IS NOT NULL AND position < ? ORDER BY position DESC "
                  "LIMIT ?) ORDER BY 2",
                  {Text{conversation.stored()}, before == 0 ? INT64_MAX : before, static_cast<int64_t>(limit)});
}

Result<std::vector<Message>> MessageTable::history_after(const ConversationId& conversation, size_t limit,
                                                         int64_t after) {
  if (conversation.empty()) {
    return read_all(db_, "SELECT " FC_MESSAGE_COLUMNS " FROM messages WHERE position > ? ORDER BY position LIMIT ?",
                    {after, static_cast<int64_t>(limit)});
  }
  return read_all(db_,
                  "SELECT " FC_MESSAGE_COLUMNS
                  " FROM messages WHERE peer = ? AND position IS NOT NULL AND position > ? ORDER BY position LIMIT ?",
                  {Text{conversation.stored()}, after, static_cast<int64_t>(limit)});
}

Result<uint64_t> MessageTable::count(const ConversationId& conversation, int64_t before) {
  uint64_t out = 0;
  auto r = db_.each(
      "SELECT count(*) FROM messages INDEXED BY messages_by_peer WHERE peer = ? AND position IS NOT NULL AND position "
      "< ?",
      {Text{conversation.stored()}, before}, [&](const Row& row) { out = row.count(0); });
  if (!r.ok()) return r.error();
  return out;
}

Result<std::optional<Message>> MessageTable::at(int64_t position) {
  return read_one(db_, "SELECT " FC_MESSAGE_COLUMNS " FROM messages WHERE position = ?", {position});
}

Result<int64_t> MessageTable::last_position() {
  if (next_position_ == 0) {
    auto r = db_.each(
        "SELECT max(ifnull((SELECT max(position) FROM messages), 0), ifnull((SELECT position FROM removed), 0))", {},
        [&](const Row& row) { next_position_ = row.number(0) + 1; });
    if (!r.ok()) return r.error();
  }
  return next_position_ - 1;
}

// Walks from name to name through the index. The cost grows with the number of conversations and of unread messages.
Result<std::vector<Conversation>> MessageTable::conversations() {
  std::vector<Conversation> out;
  auto r = db_.each(
      "WITH RECURSIVE peers(peer) AS (SELECT min(peer) FROM messages UNION ALL SELECT (SELECT min(peer) FROM messages "
      "WHERE peer > peers.peer) FROM peers WHERE peers.peer IS NOT NULL), lasts AS (SELECT peer, (SELECT max(position) "
      "FROM messages m WHERE m.peer = peers.peer) AS last, (SELECT count(*) FROM messages m INDEXED BY messages_unread "
      "WHERE m.peer = peers.peer AND seen = 0 AND mine = 0 AND " FC_CONTENT " AND m.position > 0 AND NOT " FC_DELETED
      ") AS unread, EXISTS (SELECT 1 FROM messages m INDEXED BY messages_mine WHERE m.peer = peers.peer AND mine = 1) "
      "AS wrote FROM peers "
      "WHERE peer IS NOT NULL) SELECT lasts.peer, last, received_ms, unread, wrote FROM lasts JOIN messages ON "
      "position "
      "= last "
      "ORDER BY last DESC",
      {}, [&](const Row& row) {
        out.push_back(
            {ConversationId::from_stored(row.text(0)), row.number(1), row.number(2), row.count(3), row.number(4) != 0});
      });
  if (!r.ok()) return r.error();
  return out;
}

Result<bool> MessageTable::wrote_in(const ConversationId& conversation) {
  auto r = db_.each("SELECT 1 FROM messages INDEXED BY messages_mine WHERE peer = ? AND mine = 1 LIMIT 1",
                    {Text{conversation.stored()}}, [](const Row&) {});
  if (!r.ok()) return r.error();
  return *r > 0;
}

Result<bool> MessageTable::set_state(uint64_t ref, State state, int code) {
  const State below = state == State::kFailed ? State::kDelivered : state;
  auto r = db_.run("UPDATE messages SET state = ?, code = ? WHERE ref = ? AND state < ?",
                   {static_cast<int64_t>(state), int64_t{code}, n(ref), static_cast<int64_t>(below)});
  if (!r.ok()) return r.error();
  return *r > 0;
}

Result<std::optional<Message>> MessageTable::of_send_id(ByteView id) {
  std::optional<int64_t> row_id;
  auto r = db_.each("SELECT message FROM send_ids WHERE id = ?", {Blob{id}},
                    [&](const Row& row) { row_id = row.number(0); });
  if (!r.ok()) return r.error();
  if (!row_id) return std::optional<Message>();
  return get(*row_id);
}

Result<> MessageTable::add_send_id(ByteView id, uint64_t ref) {
  return done(db_.run("INSERT INTO send_ids SELECT ?, id FROM messages WHERE ref = ?", {Blob{id}, n(ref)}));
}

Result<std::vector<Message>> SeenTable::unseen(int64_t after, size_t limit) {
  return read_all(
      db_, "SELECT " FC_MESSAGE_COLUMNS " FROM messages WHERE seen = 0 AND position > ? ORDER BY position LIMIT ?",
      {after, static_cast<int64_t>(limit)});
}

Result<> SeenTable::mark(int64_t id) {
  return done(db_.run("UPDATE messages SET seen = 1 WHERE id = ?", {id}));
}

Result<> SeenTable::mark_all(const ConversationId& conversation) {
  return done(
      db_.run("UPDATE messages INDEXED BY messages_not_seen SET seen = 1 WHERE peer = ? AND seen = 0 AND position > 0",
              {Text{conversation.stored()}}));
}

Result<std::vector<Message>> SeenTable::unseen_of(const ConversationId& conversation, size_t limit) {
  return read_all(db_,
                  "SELECT " FC_MESSAGE_COLUMNS
                  " FROM messages INDEXED BY messages_unread WHERE seen = 0 AND position > 0 AND peer = ? AND mine = 0 "
                  "AND " FC_CONTENT " ORDER BY position LIMIT ?",
                  {Text{conversation.stored()}, static_cast<int64_t>(limit)});
}

Result<std::vector<Message>> SeenTable::newest_unseen_of(const ConversationId& conversation, size_t limit) {
  return read_all(db_,
                  "SELECT " FC_MESSAGE_COLUMNS
                  " FROM messages INDEXED BY messages_unread WHERE seen = 0 AND position > 0 AND peer = ? AND mine = 0 "
                  "AND " FC_CONTENT " ORDER BY position DESC LIMIT ?",
                  {Text{conversation.stored()}, static_cast<int64_t>(limit)});
}

Result<bool> SeenTable::has_written(std::string_view user) {
  auto r = db_.each(
      "SELECT 1 FROM messages INDEXED BY messages_by_peer WHERE peer = ? AND position > 0 AND mine = 0 "
      "AND kind < 100 LIMIT 1",
      {Text{user}}, [](const Row&) {});
  if (!r.ok()) return r.error();
  return *r > 0;
}

Result<bool> SeenTable::set_read(std::string_view reader, const ReplayMark& what) {
  auto r = db_.run(
      R"sql(
          UPDATE messages SET state = 4
          WHERE from_fpr = ? AND stream = ? AND seq = ? AND hash = ? AND peer = ? AND mine = 1 AND state < 4)sql",
      {Blob{what.from_fpr}, Blob{what.stream}, n(what.seq), Blob{what.hash}, Text{reader}});
  if (!r.ok()) return r.error();
  return *r > 0;
}

Result<bool> SeenTable::set_read_in_group(std::string_view reader, int64_t message) {
  auto added = db_.run("INSERT OR IGNORE INTO readers VALUES (?, ?)", {message, Text{reader}});
  if (!added.ok()) return added.error();
  if (*added == 0) return false;
  auto counted = db_.run(
      R"sql(
          UPDATE messages
          SET read_by = read_by + 1, state = CASE WHEN read_by + 1 >= members THEN 4 ELSE state END
          WHERE id = ?)sql",
      {message});
  if (!counted.ok()) return counted.error();
  return true;
}

Result<std::vector<std::string>> SeenTable::readers(int64_t message) {
  std::vector<std::string> out;
  const auto read = db_.each("SELECT user FROM readers WHERE message = ? ORDER BY user", {message},
                             [&](const Row& row) { out.push_back(row.text(0)); });
  if (!read.ok()) return read.error();
  return out;
}

}  // namespace fastchat::store
