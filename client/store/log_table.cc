#include "client/store/log_table.h"

#include "client/store/values.h"

namespace fastchat::store {
namespace {

// The most alarms. Others cause alarms and must not be able to fill the disk.
constexpr int64_t kMaxAlarms = 1'000;

// Reads four columns from `at` on.
LogHead head_at(const Row& row, int at) {
  return {row.count(at), row.blob(at + 1), row.number(at + 2), row.blob(at + 3)};
}

}  // namespace

Result<LogStateRow> LogTable::state() {
  LogStateRow out;
  auto r = db_.each("SELECT key, missing_since, size, root, ms, signature FROM log_state", {}, [&](const Row& row) {
    out = {row.blob(0), head_at(row, 2), row.number(1)};
  });
  if (!r.ok()) return r.error();
  return out;
}

Result<> LogTable::put_state(const LogStateRow& row) {
  return done(
      db_.run("INSERT OR REPLACE INTO log_state (one, key, size, root, ms, signature, missing_since) "
              "VALUES (1, ?, ?, ?, ?, ?, ?)",
              {Blob{row.key}, n(row.head.size), Blob{row.head.root}, row.head.ms, Blob{row.head.signature},
               row.missing_since}));
}

Result<LogReadRow> LogTable::read() {
  LogReadRow out;
  auto r = db_.each(
      "SELECT size, known, hashes, day_ms, pages, stuck_since, target_size, target_root, target_ms, target_signature "
      "FROM log_read",
      {}, [&](const Row& row) {
        out = {row.count(0),  row.number(1) != 0, row.blob(2),  head_at(row, 6),
               row.number(3), row.number(4),      row.number(5)};
      });
  if (!r.ok()) return r.error();
  return out;
}

Result<> LogTable::put_read(const LogReadRow& row) {
  return done(db_.run("INSERT OR REPLACE INTO log_read VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                      {n(row.size), int64_t{row.known}, Blob{row.hashes}, n(row.target.size), Blob{row.target.root},
                       row.target.ms, Blob{row.target.signature}, row.day_ms, row.pages, row.stuck_since}));
}

Result<std::map<std::string, Bytes, std::less<>>> LogTable::proven() {
  std::map<std::string, Bytes, std::less<>> out;
  auto r = db_.each("SELECT user, fpr FROM log_proven", {}, [&](const Row& row) { out[row.text(0)] = row.blob(1); });
  if (!r.ok()) return r.error();
  return out;
}

Result<> LogTable::put_proven(std::string_view user, ByteView fpr) {
  return done(db_.run("INSERT OR REPLACE INTO log_proven VALUES (?, ?)", {Text{user}, Blob{fpr}}));
}

Result<> LogTable::forget_proven() {
  return done(db_.run("DELETE FROM log_proven"));
}

Result<int64_t> LogTable::unproven_since() {
  int64_t out = 0;
  auto r = db_.each("SELECT since_ms FROM log_unproven", {}, [&](const Row& row) { out = row.number(0); });
  if (!r.ok()) return r.error();
  return out;
}

Result<> LogTable::put_unproven_since(int64_t since_ms) {
  return done(db_.run("INSERT OR REPLACE INTO log_unproven VALUES (1, ?)", {since_ms}));
}

Result<std::vector<LogHeadRow>> LogTable::heads() {
  std::vector<LogHeadRow> out;
  auto r =
      db_.each("SELECT peer, from_user, since_ms, size, root, ms, signature FROM log_heads ORDER BY since_ms", {},
               [&](const Row& row) {
                 out.push_back({ConversationId::from_stored(row.text(0)), row.text(1), head_at(row, 3), row.number(2)});
               });
  if (!r.ok()) return r.error();
  return out;
}

Result<> LogTable::put_head(const LogHeadRow& row) {
  return done(db_.run("INSERT OR REPLACE INTO log_heads VALUES (?, ?, ?, ?, ?, ?, ?)",
                      {Text{row.peer.stored()}, Text{row.from}, n(row.head.size), Blob{row.head.root}, row.head.ms,
                       Blob{row.head.signature}, row.since_ms}));
}

Result<> LogTable::drop_head(const ConversationId& peer, std::string_view from) {
  return done(db_.run("DELETE FROM log_heads WHERE peer = ? AND from_user = ?", {Text{peer.stored()}, Text{from}}));
}

Result<LogGossipRow> LogTable::gossip(const ConversationId& peer) {
  LogGossipRow out;
  auto r = db_.each("SELECT sent_ms, heard FROM log_gossip WHERE peer = ?", {Text{peer.stored()}}, [&](const Row& row) {
    out = {row.number(0), row.number(1) != 0};
  });
  if (!r.ok()) return r.error();
  return out;
}

Result<> LogTable::put_gossip(const ConversationId& peer, const LogGossipRow& row) {
  return done(db_.run("INSERT OR REPLACE INTO log_gossip VALUES (?, ?, ?)",
                      {Text{peer.stored()}, row.sent_ms, int64_t{row.heard}}));
}

Result<bool> LogTable::others_wrote(const ConversationId& peer) {
  bool wrote = false;
  auto r = db_.each("SELECT 1 FROM messages WHERE peer = ? AND mine = 0 AND " FC_CONTENT " LIMIT 1",
                    {Text{peer.stored()}}, [&](const Row&) { wrote = true; });
  if (!r.ok()) return r.error();
  return wrote;
}

Result<std::vector<LogAlarmRow>> LogTable::alarms() {
  std::vector<LogAlarmRow> out;
  auto r = db_.each(
      "SELECT id, at_ms, subject, peer, text, key, held_size, held_root, held_ms, held_signature, shown_size, "
      "shown_root, shown_ms, shown_signature FROM log_alarms ORDER BY id",
      {}, [&](const Row& row) {
        out.push_back({row.number(0), row.number(1), row.blob(2), ConversationId::from_stored(row.text(3)), row.text(4),
                       row.blob(5), head_at(row, 6), head_at(row, 10)});
      });
  if (!r.ok()) return r.error();
  return out;
}

Result<bool> LogTable::add_alarm(const LogAlarmRow& row) {
  bool there = false;
  auto seen =
      db_.each("SELECT 1 FROM log_alarms WHERE subject = ?", {Blob{row.subject}}, [&](const Row&) { there = true; });
  if (!seen.ok()) return seen.error();
  if (there) return false;
  auto r = db_.run(
      "INSERT INTO log_alarms (at_ms, subject, peer, text, key, held_size, held_root, held_ms, held_signature, "
      "shown_size, shown_root, shown_ms, shown_signature) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      {row.at_ms, Blob{row.subject}, Text{row.peer.stored()}, Text{row.text}, Blob{row.key}, n(row.held.size),
       Blob{row.held.root}, row.held.ms, Blob{row.held.signature}, n(row.shown.size), Blob{row.shown.root},
       row.shown.ms, Blob{row.shown.signature}});
  if (!r.ok()) return r.error();
  // The new one stays, so that it is told once.
  auto dropped = done(db_.run(
      "DELETE FROM log_alarms WHERE id IN (SELECT id FROM log_alarms ORDER BY id = ? DESC, (key != x'' AND "
      "held_signature != x'' AND shown_signature != x'' AND held_root != shown_root) DESC, id DESC LIMIT -1 OFFSET ?)",
      {db_.last_id(), kMaxAlarms}));
  if (!dropped.ok()) return dropped.error();
  return true;
}

}  // namespace fastchat::store
