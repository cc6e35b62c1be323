#include "client/store/stream_table.h"

#include "client/store/values.h"

namespace fastchat::store {

Result<std::optional<Bytes>> StreamTable::mark(ByteView from_fpr, ByteView stream, uint64_t seq) {
  std::optional<Bytes> out;
  auto r = db_.each("SELECT hash FROM marks WHERE from_fpr = ? AND stream = ? AND seq = ?",
                    {Blob{from_fpr}, Blob{stream}, n(seq)}, [&](const Row& row) { out = row.blob(0); });
  if (!r.ok()) return r.error();
  return out;
}

Result<> StreamTable::add_mark(ByteView from_fpr, ByteView stream, uint64_t seq, ByteView hash) {
  return done(db_.run("INSERT INTO marks VALUES (?, ?, ?, ?)", {Blob{from_fpr}, Blob{stream}, n(seq), Blob{hash}}));
}

Result<InStream> StreamTable::in(ByteView from_fpr, ByteView stream) {
  InStream out;
  auto r =
      db_.each("SELECT shown_upto, joined, whole_upto, base_upto FROM in_streams WHERE from_fpr = ? AND stream = ?",
               {Blob{from_fpr}, Blob{stream}}, [&](const Row& row) {
                 out.shown_upto = row.count(0);
                 out.joined = row.number(1) != 0;
                 out.whole_upto = row.count(2);
                 out.base_upto = row.count(3);
               });
  if (!r.ok()) return r.error();
  auto held = db_.each("SELECT seq FROM held WHERE from_fpr = ? AND stream = ? ORDER BY seq",
                       {Blob{from_fpr}, Blob{stream}}, [&](const Row& row) { out.held.push_back(row.count(0)); });
  if (!held.ok()) return held.error();
  return out;
}

Result<> StreamTable::put_in(ByteView from_fpr, ByteView stream, uint64_t shown_upto, bool joined, int64_t now_ms) {
  return done(db_.run(R"sql(
          INSERT INTO in_streams (from_fpr, stream, shown_upto, joined, changed)
          VALUES (?1, ?2, ?3, ?4, ?5)
          ON CONFLICT (from_fpr, stream) DO UPDATE SET shown_upto = ?3, joined = ?4, changed = ?5)sql",
                      {Blob{from_fpr}, Blob{stream}, n(shown_upto), int64_t{joined}, now_ms}));
}

Result<> StreamTable::extend_whole(ByteView from_fpr, ByteView stream, uint64_t seq) {
  return done(db_.run(R"sql(
          UPDATE in_streams SET whole_upto = ?3
          WHERE from_fpr = ?1 AND stream = ?2 AND ?3 = max(whole_upto, base_upto) + 1)sql",
                      {Blob{from_fpr}, Blob{stream}, n(seq)}));
}

Result<> StreamTable::hold(ByteView from_fpr, ByteView stream, uint64_t seq) {
  return done(db_.run("INSERT OR IGNORE INTO held VALUES (?, ?, ?)", {Blob{from_fpr}, Blob{stream}, n(seq)}));
}

Result<std::vector<HeldStream>> StreamTable::with_held() {
  std::vector<HeldStream> out;
  auto r = db_.each(
      R"sql(
          SELECT h.from_fpr, h.stream, ifnull(max(m.peer), ''), ifnull(min(m.received_ms), 0)
          FROM held h
          LEFT JOIN messages m ON m.from_fpr = h.from_fpr AND m.stream = h.stream AND m.seq = h.seq
          GROUP BY h.from_fpr, h.stream)sql",
      {}, [&](const Row& row) {
        out.push_back({row.blob(0), row.blob(1), ConversationId::from_stored(row.text(2)), row.number(3)});
      });
  if (!r.ok()) return r.error();
  return out;
}

Result<std::vector<ReplayMark>> StreamTable::replay_marks(size_t limit) {
  std::vector<ReplayMark> out;
  auto r = db_.each(
      R"sql(
          SELECT s.from_fpr, s.stream, max(s.whole_upto, s.base_upto), ifnull(m.hash, s.base_hash)
          FROM in_streams s
          LEFT JOIN marks m ON m.from_fpr = s.from_fpr AND m.stream = s.stream
            AND m.seq = max(s.whole_upto, s.base_upto)
          WHERE max(s.whole_upto, s.base_upto) > 0 ORDER BY s.changed DESC LIMIT ?)sql",
      {static_cast<int64_t>(limit)}, [&](const Row& row) {
        out.push_back({row.blob(0), row.blob(1), row.count(2), row.blob(3)});
      });
  if (!r.ok()) return r.error();
  return out;
}

Result<> StreamTable::merge_replay_mark(const ReplayMark& m) {
  return done(db_.run(R"sql(
          INSERT INTO in_streams (from_fpr, stream, base_upto, base_hash) VALUES (?1, ?2, ?3, ?4)
          ON CONFLICT (from_fpr, stream) DO UPDATE SET base_upto = ?3, base_hash = ?4
          WHERE base_upto < ?3)sql",
                      {Blob{m.from_fpr}, Blob{m.stream}, n(m.seq), Blob{m.hash}}));
}

Result<OutStream> StreamTable::out(const ConversationId& conversation) {
  OutStream out;
  auto r = db_.each("SELECT stream, next_seq, last_hash FROM out_streams WHERE peer = ?", {Text{conversation.stored()}},
                    [&](const Row& row) {
                      out = {row.blob(0), row.count(1), row.blob(2)};
                    });
  if (!r.ok()) return r.error();
  return out;
}

Result<> StreamTable::put_out(const ConversationId& conversation, const OutStream& s) {
  return done(db_.run("INSERT OR REPLACE INTO out_streams VALUES (?, ?, ?, ?)",
                      {Text{conversation.stored()}, Blob{s.stream}, n(s.next_seq), Blob{s.last_hash}}));
}

Result<> StreamTable::forget_out() {
  return done(db_.run("DELETE FROM out_streams"));
}

Result<> StreamTable::forget_out(ByteView stream) {
  return done(db_.run("DELETE FROM out_streams WHERE stream = ?", {Blob{stream}}));
}

Result<RunRow> StreamTable::run() {
  RunRow out;
  auto r = db_.each("SELECT session_epoch, open, since_ms FROM run", {}, [&](const Row& row) {
    out = {row.count(0), row.number(1) != 0, row.number(2)};
  });
  if (!r.ok()) return r.error();
  return out;
}

Result<> StreamTable::put_run(const RunRow& row) {
  return done(db_.run("INSERT OR REPLACE INTO run VALUES (1, ?, ?, ?)",
                      {n(row.session_epoch), int64_t{row.open}, row.since_ms}));
}

}  // namespace fastchat::store
