#include "client/store/outbox_table.h"

#include "client/store/values.h"

namespace fastchat::store {

#define FC_OUTBOX_COLUMNS "ref, to_user, stream, seq, queued, group_id, epoch, members, delivered"

Result<std::vector<OutboxEntry>> OutboxTable::read(const char* sql, std::initializer_list<Value> values) {
  std::vector<OutboxEntry> out;
  auto r = db_.each(sql, values, [&](const Row& row) {
    out.push_back({row.count(0),
                   row.text(1),
                   row.blob(2),
                   row.count(3),
                   row.number(4) != 0,
                   row.blob(5),
                   row.count(6),
                   row.count(7),
                   row.count(8),
                   {},
                   {}});
  });
  if (!r.ok()) return r.error();
  for (OutboxEntry& entry : out) {
    if (entry.group.empty()) continue;
    auto have = db_.each("SELECT member, has FROM outbox_members WHERE ref = ?", {n(entry.ref)}, [&](const Row& row) {
      (row.number(1) != 0 ? entry.have : entry.waiting).push_back(row.count(0));
    });
    if (!have.ok()) return have.error();
  }
  return out;
}

Result<> OutboxTable::skip_refs(uint64_t by) {
  auto begun = db_.run(
      "INSERT INTO sqlite_sequence (name, seq) SELECT 'outbox', 0 WHERE NOT EXISTS (SELECT 1 FROM "
      "sqlite_sequence WHERE name = 'outbox')");
  if (!begun.ok()) return begun.error();
  return done(db_.run("UPDATE sqlite_sequence SET seq = seq + ? WHERE name = 'outbox'", {n(by)}));
}

Result<uint64_t> OutboxTable::add(std::string_view to, ByteView stream, uint64_t seq, ByteView envelope) {
  auto r = db_.run("INSERT INTO outbox (to_user, stream, seq, envelope) VALUES (?, ?, ?, ?)",
                   {Text{to}, Blob{stream}, n(seq), Blob{envelope}});
  if (!r.ok()) return r.error();
  return static_cast<uint64_t>(db_.last_id());
}

Result<uint64_t> OutboxTable::add_to_group(ByteView group, uint64_t epoch, uint64_t members, ByteView stream,
                                           uint64_t seq, ByteView envelope) {
  auto r = db_.run(
      "INSERT INTO outbox (to_user, stream, seq, envelope, group_id, epoch, members) VALUES ('', ?, ?, ?, ?, ?, ?)",
      {Blob{stream}, n(seq), Blob{envelope}, Blob{group}, n(epoch), n(members)});
  if (!r.ok()) return r.error();
  return static_cast<uint64_t>(db_.last_id());
}

Result<std::optional<OutboxEntry>> OutboxTable::entry(uint64_t ref) {
  Result<std::vector<OutboxEntry>> one = read("SELECT " FC_OUTBOX_COLUMNS " FROM outbox WHERE ref = ?", {n(ref)});
  if (!one.ok()) return one.error();
  if (one->empty()) return std::optional<OutboxEntry>();
  return std::optional(std::move(one->front()));
}

Result<> OutboxTable::set_counts(uint64_t ref, uint64_t delivered, const std::vector<uint64_t>& waiting,
                                 uint64_t member) {
  auto r = db_.run("UPDATE outbox SET delivered = ? WHERE ref = ?", {n(delivered), n(ref)});
  if (!r.ok()) return r.error();
  if (member != 0) return done(db_.run("INSERT OR REPLACE INTO outbox_members VALUES (?, ?, 1)", {n(ref), n(member)}));
  auto gone = db_.run("DELETE FROM outbox_members WHERE ref = ? AND has = 0", {n(ref)});
  if (!gone.ok()) return gone.error();
  for (uint64_t number : waiting) {
    auto added = db_.run("INSERT OR IGNORE INTO outbox_members VALUES (?, ?, 0)", {n(ref), n(number)});
    if (!added.ok()) return added.error();
  }
  return Unit{};
}

Result<std::vector<OutboxEntry>> OutboxTable::all() {
  return read("SELECT " FC_OUTBOX_COLUMNS " FROM outbox ORDER BY ref", {});
}

Result<std::optional<Bytes>> OutboxTable::envelope(uint64_t ref) {
  std::optional<Bytes> out;
  auto r = db_.each("SELECT envelope FROM outbox WHERE ref = ?", {n(ref)}, [&](const Row& row) { out = row.blob(0); });
  if (!r.ok()) return r.error();
  return out;
}

Result<> OutboxTable::set_queued(uint64_t ref) {
  return done(db_.run("UPDATE outbox SET queued = 1 WHERE ref = ?", {n(ref)}));
}

Result<> OutboxTable::drop(uint64_t ref) {
  auto members = db_.run("DELETE FROM outbox_members WHERE ref = ?", {n(ref)});
  if (!members.ok()) return members.error();
  return done(db_.run("DELETE FROM outbox WHERE ref = ?", {n(ref)}));
}

}  // namespace fastchat::store
