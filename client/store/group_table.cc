#include "client/store/group_table.h"

#include "client/store/values.h"

namespace fastchat::store {
namespace {

// Limits of waiting messages: a sender can fill neither the disk nor the space of other senders. Beyond `total`, a
// sender with less than `little` still finds room.
struct Shares {
  int64_t one, total, little, max_total;
};
constexpr Shares kExpected = {2'000, 20'000, 100, 40'000};
constexpr Shares kStray = {50, 2'000, 5, 4'000};

constexpr int64_t kDayMs = 86'400'000;

}  // namespace

Result<std::vector<GroupRow>> GroupTable::all() {
  std::vector<GroupRow> out;
  auto r = db_.each(
      "SELECT id, name, standing, settled, settles, settles_since FROM groups ORDER BY name", {}, [&](const Row& row) {
        out.push_back(
            {row.blob(0), row.text(1), static_cast<int>(row.number(2)), row.count(3), row.count(4), row.number(5)});
      });
  if (!r.ok()) return r.error();
  return out;
}

Result<> GroupTable::put(const GroupRow& g) {
  return done(db_.run(
      R"sql(
          INSERT INTO groups (id, name, standing, settled, settles, settles_since)
          VALUES (?1, ?2, ?3, ?4, ?5, ?6)
          ON CONFLICT (id) DO UPDATE SET name = ?2, standing = ?3, settled = ?4, settles = ?5, settles_since = ?6)sql",
      {Blob{g.id}, Text{g.name}, int64_t{g.membership}, n(g.settled), n(g.next), g.since_ms}));
}

Result<std::vector<GroupEpochRow>> GroupTable::epochs() {
  std::vector<GroupEpochRow> out;
  auto r = db_.each("SELECT id, epoch, state, signer_fpr, key FROM group_epochs ORDER BY id, epoch", {},
                    [&](const Row& row) {
                      out.push_back({row.blob(0), row.count(1), row.blob(2), row.blob(3), row.blob(4)});
                    });
  if (!r.ok()) return r.error();
  return out;
}

Result<> GroupTable::put_epoch(const GroupEpochRow& e) {
  return done(db_.run("INSERT OR REPLACE INTO group_epochs VALUES (?, ?, ?, ?, ?)",
                      {Blob{e.id}, n(e.epoch), Blob{e.state}, Blob{e.signer_fpr}, Blob{e.key}}));
}

Result<> GroupTable::put_key(ByteView id, uint64_t epoch, ByteView key) {
  return done(db_.run("UPDATE group_epochs SET key = ? WHERE id = ? AND epoch = ?", {Blob{key}, Blob{id}, n(epoch)}));
}

Result<Bytes> GroupTable::key(ByteView id, uint64_t epoch) {
  Bytes out;
  auto r = db_.each("SELECT key FROM group_epochs WHERE id = ? AND epoch = ?", {Blob{id}, n(epoch)},
                    [&](const Row& row) { out = row.blob(0); });
  if (!r.ok()) return r.error();
  return out;
}

Result<> GroupTable::drop_epochs(ByteView id, uint64_t below) {
  return done(db_.run("DELETE FROM group_epochs WHERE id = ? AND epoch < ?", {Blob{id}, n(below)}));
}

Result<std::vector<KeyShareRow>> GroupTable::key_shares() {
  std::vector<KeyShareRow> out;
  auto r = db_.each("SELECT id, epoch, state_hash, from_user, from_fpr, key FROM group_notes", {}, [&](const Row& row) {
    out.push_back({row.blob(0), row.count(1), row.blob(2), row.text(3), row.blob(4), row.blob(5)});
  });
  if (!r.ok()) return r.error();
  return out;
}

Result<> GroupTable::put_key_share(const KeyShareRow& g, int64_t received_ms) {
  return done(db_.run(
      R"sql(
          INSERT OR REPLACE INTO group_notes (id, epoch, state_hash, from_user, from_fpr, key, received_ms)
          VALUES (?, ?, ?, ?, ?, ?, ?))sql",
      {Blob{g.id}, n(g.epoch), Blob{g.state_hash}, Text{g.from}, Blob{g.from_fpr}, Blob{g.key}, received_ms}));
}

Result<> GroupTable::drop_key_shares(ByteView id, uint64_t upto) {
  return done(db_.run("DELETE FROM group_notes WHERE id = ? AND epoch <= ?", {Blob{id}, n(upto)}));
}

Result<uint64_t> GroupTable::count_stray_key_shares(std::string_view from) {
  uint64_t out = 0;
  auto r = db_.each(
      R"sql(
          SELECT count(*) FROM group_notes n
          WHERE (?1 = '' OR from_user = ?1) AND NOT EXISTS (SELECT 1 FROM group_epochs e WHERE e.id = n.id))sql",
      {Text{from}}, [&](const Row& row) { out = row.count(0); });
  if (!r.ok()) return r.error();
  return out;
}

Result<std::vector<GroupChangeRow>> GroupTable::changes() {
  std::vector<GroupChangeRow> out;
  auto r = db_.each("SELECT id, group_id, edit, state, key FROM group_changes ORDER BY id", {}, [&](const Row& row) {
    out.push_back({row.number(0), row.blob(1), row.text(2), row.blob(3), row.blob(4)});
  });
  if (!r.ok()) return r.error();
  return out;
}

Result<int64_t> GroupTable::add_change(const GroupChangeRow& c) {
  auto r = db_.run("INSERT INTO group_changes (group_id, edit, state, key) VALUES (?, ?, ?, ?)",
                   {Blob{c.group}, Text{c.edit}, Blob{c.state}, Blob{c.key}});
  if (!r.ok()) return r;
  return db_.last_id();
}

Result<> GroupTable::make_change(int64_t id, ByteView group, ByteView state, ByteView key) {
  return done(db_.run("UPDATE group_changes SET group_id = ?, state = ?, key = ? WHERE id = ?",
                      {Blob{group}, Blob{state}, Blob{key}, id}));
}

Result<> GroupTable::drop_change(int64_t id) {
  return done(db_.run("DELETE FROM group_changes WHERE id = ?", {id}));
}

Result<bool> WaitingTable::add(const WaitingRow& w, int64_t received_ms, ByteView hash) {
  auto stored = db_.each("SELECT 1 FROM waiting WHERE hash = ?", {Blob{hash}}, [](const Row&) {});
  if (!stored.ok()) return stored.error();
  if (*stored > 0) return true;
  int64_t total = 0, own = 0;
  auto counted =
      db_.each("SELECT count(*), count(CASE WHEN from_user = ?2 THEN 1 END) FROM waiting WHERE expected = ?1",
               {int64_t{w.expected}, Text{w.from}}, [&](const Row& row) {
                 total = row.number(0);
                 own = row.number(1);
               });
  if (!counted.ok()) return counted.error();
  const Shares& shares = w.expected ? kExpected : kStray;
  const bool room = total < shares.total || (own < shares.little && total < shares.max_total);
  if (own >= shares.one || !room) return false;
  auto r = db_.run(
      R"sql(
          INSERT INTO waiting (group_id, epoch, received_ms, hash, envelope, from_user, as_of, expected)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?))sql",
      {Blob{w.group}, n(w.epoch), received_ms, Blob{hash}, Blob{w.envelope}, Text{w.from}, n(w.as_of),
       int64_t{w.expected}});
  if (!r.ok()) return r.error();
  return true;
}

Result<std::vector<WaitingRow>> WaitingTable::of(ByteView group, int64_t after, size_t limit) {
  std::vector<WaitingRow> out;
  auto r = db_.each(
      R"sql(
          SELECT id, group_id, epoch, envelope, from_user, as_of, expected FROM waiting
          WHERE group_id = ? AND id > ? ORDER BY id LIMIT ?)sql",
      {Blob{group}, after, static_cast<int64_t>(limit)}, [&](const Row& row) {
        out.push_back(
            {row.number(0), row.blob(1), row.count(2), row.blob(3), row.text(4), row.count(5), row.number(6) != 0});
      });
  if (!r.ok()) return r.error();
  return out;
}

Result<std::vector<WaitingRow>> WaitingTable::epochs() {
  std::vector<WaitingRow> out;
  auto r = db_.each("SELECT DISTINCT group_id, epoch FROM waiting WHERE expected = 1", {}, [&](const Row& row) {
    out.push_back({0, row.blob(0), row.count(1), {}, {}, 0, true});
  });
  if (!r.ok()) return r.error();
  return out;
}

Result<uint64_t> WaitingTable::count(ByteView group) {
  uint64_t out = 0;
  auto r = db_.each("SELECT count(*) FROM waiting WHERE group_id = ?", {Blob{group}},
                    [&](const Row& row) { out = row.count(0); });
  if (!r.ok()) return r.error();
  return out;
}

Result<> WaitingTable::drop(int64_t id) {
  return done(db_.run("DELETE FROM waiting WHERE id = ?", {id}));
}

Result<> WaitingTable::expire(int64_t now_ms) {
  const int64_t week = now_ms - 7 * kDayMs, month = now_ms - 30 * kDayMs;
  auto waiting =
      db_.run("DELETE FROM waiting WHERE received_ms < CASE WHEN expected = 1 THEN ?1 ELSE ?2 END", {month, week});
  if (!waiting.ok()) return waiting.error();
  auto notes = db_.run(
      R"sql(
          DELETE FROM group_notes
          WHERE received_ms < ? AND NOT EXISTS (SELECT 1 FROM group_epochs e WHERE e.id = group_notes.id))sql",
      {week});
  if (!notes.ok()) return notes.error();
  return done(db_.run("DELETE FROM remarks WHERE waits_since > 0 AND waits_since < ?", {week}));
}

}  // namespace fastchat::store
