// Streams, dedup marks, outbox, quarantine and pins of store.h.
#include "client/store/store.h"

#include "client/store/values.h"

namespace fastchat::store {
namespace {

// Old quarantine is dropped: it comes from others, who must not be able to fill the disk.
constexpr int64_t kMaxQuarantine = 1'000;

}  // namespace

Result<std::optional<Bytes>> Store::mark(ByteView from_fpr, ByteView stream, uint64_t seq) {
  std::optional<Bytes> out;
  auto r = db_->each("SELECT hash FROM marks WHERE from_fpr = ? AND stream = ? AND seq = ?",
                     {Blob{from_fpr}, Blob{stream}, n(seq)}, [&](const Row& row) { out = row.blob(0); });
  if (!r.ok()) return r.error();
  return out;
}

Result<> Store::add_mark(ByteView from_fpr, ByteView stream, uint64_t seq, ByteView hash) {
  return done(db_->run("INSERT INTO marks VALUES (?, ?, ?, ?)", {Blob{from_fpr}, Blob{stream}, n(seq), Blob{hash}}));
}

Result<InStream> Store::in_stream(ByteView from_fpr, ByteView stream) {
  InStream out;
  auto r =
      db_->each("SELECT shown_upto, joined, whole_upto, base_upto FROM in_streams WHERE from_fpr = ? AND stream = ?",
                {Blob{from_fpr}, Blob{stream}}, [&](const Row& row) {
                  out.shown_upto = row.count(0);
                  out.joined = row.number(1) != 0;
                  out.whole_upto = row.count(2);
                  out.base_upto = row.count(3);
                });
  if (!r.ok()) return r.error();
  auto held = db_->each("SELECT seq FROM held WHERE from_fpr = ? AND stream = ? ORDER BY seq",
                        {Blob{from_fpr}, Blob{stream}}, [&](const Row& row) { out.held.push_back(row.count(0)); });
  if (!held.ok()) return held.error();
  return out;
}

Result<> Store::put_in_stream(ByteView from_fpr, ByteView stream, uint64_t shown_upto, bool joined, int64_t now_ms) {
  return done(
      db_->run("INSERT INTO in_streams (from_fpr, stream, shown_upto, joined, changed) VALUES (?1, ?2, ?3, ?4, ?5) ON "
               "CONFLICT (from_fpr, stream) DO UPDATE SET shown_upto = ?3, joined = ?4, changed = ?5",
               {Blob{from_fpr}, Blob{stream}, n(shown_upto), int64_t{joined}, now_ms}));
}

Result<> Store::extend_whole(ByteView from_fpr, ByteView stream, uint64_t seq) {
  return done(
      db_->run("UPDATE in_streams SET whole_upto = ?3 WHERE from_fpr = ?1 AND stream = ?2 AND ?3 = max(whole_upto, "
               "base_upto) + 1",
               {Blob{from_fpr}, Blob{stream}, n(seq)}));
}

Result<> Store::hold(ByteView from_fpr, ByteView stream, uint64_t seq) {
  return done(db_->run("INSERT OR IGNORE INTO held VALUES (?, ?, ?)", {Blob{from_fpr}, Blob{stream}, n(seq)}));
}

Result<std::vector<HeldStream>> Store::streams_with_held() {
  std::vector<HeldStream> out;
  auto r = db_->each(
      "SELECT h.from_fpr, h.stream, ifnull(max(m.peer), ''), ifnull(min(m.received_ms), 0) FROM held h LEFT JOIN "
      "messages m ON m.from_fpr = h.from_fpr AND m.stream = h.stream AND m.seq = h.seq GROUP BY h.from_fpr, h.stream",
      {}, [&](const Row& row) {
        out.push_back({row.blob(0), row.blob(1), row.text(2), row.number(3)});
      });
  if (!r.ok()) return r.error();
  return out;
}

Result<std::vector<ReplayMark>> Store::replay_marks(size_t limit) {
  std::vector<ReplayMark> out;
  auto r = db_->each(
      "SELECT s.from_fpr, s.stream, max(s.whole_upto, s.base_upto), ifnull(m.hash, s.base_hash) FROM in_streams s LEFT "
      "JOIN marks m ON m.from_fpr = s.from_fpr AND m.stream = s.stream AND m.seq = max(s.whole_upto, s.base_upto) "
      "WHERE max(s.whole_upto, s.base_upto) > 0 ORDER BY s.changed DESC LIMIT ?",
      {static_cast<int64_t>(limit)}, [&](const Row& row) {
        out.push_back({row.blob(0), row.blob(1), row.count(2), row.blob(3)});
      });
  if (!r.ok()) return r.error();
  return out;
}

Result<> Store::merge_replay_mark(const ReplayMark& m) {
  return done(
      db_->run("INSERT INTO in_streams (from_fpr, stream, base_upto, base_hash) VALUES (?1, ?2, ?3, ?4) ON CONFLICT "
               "(from_fpr, stream) DO UPDATE SET base_upto = ?3, base_hash = ?4 WHERE base_upto < ?3",
               {Blob{m.from_fpr}, Blob{m.stream}, n(m.seq), Blob{m.hash}}));
}

Result<OutStream> Store::out_stream(std::string_view peer) {
  OutStream out;
  auto r = db_->each("SELECT stream, next_seq, last_hash FROM out_streams WHERE peer = ?", {Text{peer}},
                     [&](const Row& row) {
                       out = {row.blob(0), row.count(1), row.blob(2)};
                     });
  if (!r.ok()) return r.error();
  return out;
}

Result<> Store::put_out_stream(std::string_view peer, const OutStream& s) {
  return done(db_->run("INSERT OR REPLACE INTO out_streams VALUES (?, ?, ?, ?)",
                       {Text{peer}, Blob{s.stream}, n(s.next_seq), Blob{s.last_hash}}));
}

Result<RunRow> Store::run() {
  RunRow out;
  auto r = db_->each("SELECT session_epoch, open, since_ms FROM run", {}, [&](const Row& row) {
    out = {row.count(0), row.number(1) != 0, row.number(2)};
  });
  if (!r.ok()) return r.error();
  return out;
}

Result<> Store::put_run(const RunRow& row) {
  return done(db_->run("INSERT OR REPLACE INTO run VALUES (1, ?, ?, ?)",
                       {n(row.session_epoch), int64_t{row.open}, row.since_ms}));
}

Result<> Store::forget_out_streams() {
  return done(db_->run("DELETE FROM out_streams"));
}

Result<> Store::skip_refs(uint64_t by) {
  auto begun = db_->run(
      "INSERT INTO sqlite_sequence (name, seq) SELECT 'outbox', 0 WHERE NOT EXISTS (SELECT 1 FROM "
      "sqlite_sequence WHERE name = 'outbox')");
  if (!begun.ok()) return begun.error();
  return done(db_->run("UPDATE sqlite_sequence SET seq = seq + ? WHERE name = 'outbox'", {n(by)}));
}

Result<uint64_t> Store::add_outbox(std::string_view to, ByteView stream, uint64_t seq, ByteView envelope) {
  auto r = db_->run("INSERT INTO outbox (to_user, stream, seq, envelope) VALUES (?, ?, ?, ?)",
                    {Text{to}, Blob{stream}, n(seq), Blob{envelope}});
  if (!r.ok()) return r.error();
  return static_cast<uint64_t>(db_->last_id());
}

Result<uint64_t> Store::add_group_outbox(ByteView group, uint64_t epoch, uint64_t members, ByteView stream,
                                         uint64_t seq, ByteView envelope) {
  auto r = db_->run(
      "INSERT INTO outbox (to_user, stream, seq, envelope, group_id, epoch, members) VALUES ('', ?, ?, ?, ?, ?, ?)",
      {Blob{stream}, n(seq), Blob{envelope}, Blob{group}, n(epoch), n(members)});
  if (!r.ok()) return r.error();
  return static_cast<uint64_t>(db_->last_id());
}

#define FC_OUTBOX_COLUMNS "ref, to_user, stream, seq, queued, group_id, epoch, members, delivered"

Result<std::vector<OutboxEntry>> Store::read_outbox(const char* sql, std::initializer_list<Value> values) {
  std::vector<OutboxEntry> out;
  auto r = db_->each(sql, values, [&](const Row& row) {
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
    auto have = db_->each("SELECT member, has FROM outbox_members WHERE ref = ?", {n(entry.ref)}, [&](const Row& row) {
      (row.number(1) != 0 ? entry.have : entry.waiting).push_back(row.count(0));
    });
    if (!have.ok()) return have.error();
  }
  return out;
}

Result<std::vector<OutboxEntry>> Store::outbox() {
  return read_outbox("SELECT " FC_OUTBOX_COLUMNS " FROM outbox ORDER BY ref", {});
}

Result<std::optional<OutboxEntry>> Store::outbox_entry(uint64_t ref) {
  Result<std::vector<OutboxEntry>> one =
      read_outbox("SELECT " FC_OUTBOX_COLUMNS " FROM outbox WHERE ref = ?", {n(ref)});
  if (!one.ok()) return one.error();
  if (one->empty()) return std::optional<OutboxEntry>();
  return std::optional(std::move(one->front()));
}

Result<> Store::outbox_counts(uint64_t ref, uint64_t delivered, const std::vector<uint64_t>& waiting, uint64_t member) {
  auto r = db_->run("UPDATE outbox SET delivered = ? WHERE ref = ?", {n(delivered), n(ref)});
  if (!r.ok()) return r.error();
  if (member != 0) return done(db_->run("INSERT OR REPLACE INTO outbox_members VALUES (?, ?, 1)", {n(ref), n(member)}));
  auto gone = db_->run("DELETE FROM outbox_members WHERE ref = ? AND has = 0", {n(ref)});
  if (!gone.ok()) return gone.error();
  for (uint64_t number : waiting) {
    auto added = db_->run("INSERT OR IGNORE INTO outbox_members VALUES (?, ?, 0)", {n(ref), n(number)});
    if (!added.ok()) return added.error();
  }
  return Unit{};
}

Result<std::optional<Bytes>> Store::outbox_envelope(uint64_t ref) {
  std::optional<Bytes> out;
  auto r = db_->each("SELECT envelope FROM outbox WHERE ref = ?", {n(ref)}, [&](const Row& row) { out = row.blob(0); });
  if (!r.ok()) return r.error();
  return out;
}

Result<> Store::outbox_queued(uint64_t ref) {
  return done(db_->run("UPDATE outbox SET queued = 1 WHERE ref = ?", {n(ref)}));
}

Result<> Store::outbox_done(uint64_t ref) {
  auto members = db_->run("DELETE FROM outbox_members WHERE ref = ?", {n(ref)});
  if (!members.ok()) return members.error();
  return done(db_->run("DELETE FROM outbox WHERE ref = ?", {n(ref)}));
}

Result<> Store::add_quarantine(int64_t received_ms, std::string_view from, std::string_view reason,
                               std::string_view word, ByteView hash, ByteView envelope) {
  auto r = db_->run(
      "INSERT INTO quarantine (received_ms, from_user, reason, hash, envelope, word) VALUES (?, ?, ?, ?, ?, ?)",
      {received_ms, Text{from}, Text{reason}, Blob{hash}, Blob{envelope}, Text{word}});
  if (!r.ok()) return r.error();
  return done(db_->run("DELETE FROM quarantine WHERE id <= ?", {db_->last_id() - kMaxQuarantine}));
}

Result<std::vector<QuarantineEntry>> Store::quarantine() {
  std::vector<QuarantineEntry> out;
  auto r = db_->each(
      "SELECT id, received_ms, from_user, reason, hash, word FROM quarantine ORDER BY id", {}, [&](const Row& row) {
        out.push_back({row.number(0), row.number(1), row.text(2), row.text(3), row.blob(4), row.text(5)});
      });
  if (!r.ok()) return r.error();
  return out;
}

Result<std::vector<PinRow>> Store::pins() {
  std::vector<PinRow> out;
  auto r = db_->each("SELECT user, fpr, spki, trust, since_ms, rekey_counter, offered_spki, refused_fpr FROM pins", {},
                     [&](const Row& row) {
                       out.push_back({row.text(0), row.blob(1), row.blob(2), static_cast<int>(row.number(3)),
                                      row.number(4), row.count(5), row.blob(6), row.blob(7)});
                     });
  if (!r.ok()) return r.error();
  return out;
}

Result<> Store::put_pin(const PinRow& p) {
  return done(db_->run("INSERT OR REPLACE INTO pins VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                       {Text{p.user}, Blob{p.fpr}, Blob{p.spki}, int64_t{p.trust}, p.since_ms, n(p.rekey_counter),
                        Blob{p.offered_spki}, Blob{p.refused_fpr}}));
}

}  // namespace fastchat::store
