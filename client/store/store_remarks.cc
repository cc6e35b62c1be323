// What belongs to a message besides its row, of store.h: other identities, remarks, counts and readers.
#include "client/store/store.h"

#include "client/store/values.h"

namespace fastchat::store {

Bytes identity_bytes(ByteView from_fpr, ByteView stream, uint64_t seq) {
  Bytes out(from_fpr);
  out += stream;
  put_u64(out, seq);
  return out;
}

Result<> Store::add_alias(ByteView from_fpr, ByteView stream, uint64_t seq, ByteView hash, int64_t message) {
  auto came = db_->run("UPDATE remarks SET waits_since = 0 WHERE of_fpr = ? AND of_stream = ? AND of_seq = ?",
                       {Blob{from_fpr}, Blob{stream}, n(seq)});
  if (!came.ok()) return came.error();
  return done(db_->run("INSERT OR IGNORE INTO aliases VALUES (?, ?, ?, ?, ?)",
                       {Blob{from_fpr}, Blob{stream}, n(seq), Blob{hash}, message}));
}

Result<> Store::set_ref(int64_t id, uint64_t ref) {
  return done(db_->run("UPDATE messages SET ref = ?, state = 1, delivered = 0 WHERE id = ?", {n(ref), id}));
}

Result<> Store::set_identity(int64_t id, ByteView stream, uint64_t seq, ByteView hash, ByteView body) {
  return done(db_->run("UPDATE messages SET stream = ?, seq = ?, hash = ?, body = ? WHERE id = ?",
                       {Blob{stream}, n(seq), Blob{hash}, Blob{body}, id}));
}

Result<> Store::set_counts(uint64_t ref, uint64_t members, uint64_t delivered) {
  return done(
      db_->run("UPDATE messages SET members = ?, delivered = ? WHERE ref = ?", {n(members), n(delivered), n(ref)}));
}

Result<> Store::set_body(int64_t id, ByteView body) {
  return done(db_->run("UPDATE messages SET body = ? WHERE id = ?", {Blob{body}, id}));
}

// Within a stream the number decides; two devices of one person are compared by the clocks they had.
Result<bool> Store::put_remark(const Remark& r, int64_t waits_since) {
  auto changed = db_->run(
      "INSERT INTO remarks VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT (of_fpr, of_stream, "
      "of_seq, kind, from_user) DO UPDATE SET peer = ?6, stream = ?7, seq = ?8, sent_ms = ?9, hash = ?10, body = ?11 "
      "WHERE CASE WHEN remarks.stream = ?7 THEN remarks.seq < ?8 ELSE remarks.sent_ms <= ?9 END",
      {Blob{r.of_fpr}, Blob{r.of_stream}, n(r.of_seq), int64_t{r.kind}, Text{r.from}, Text{r.peer}, Blob{r.stream},
       n(r.seq), r.sent_ms, Blob{r.hash}, Blob{r.body}, waits_since});
  if (!changed.ok()) return changed.error();
  if (waits_since != 0) {
    auto gone = db_->run(
        "DELETE FROM remarks WHERE (of_fpr, of_stream, of_seq, kind, from_user) IN (SELECT "
        "of_fpr, of_stream, of_seq, kind, from_user FROM remarks WHERE from_user = ?1 AND waits_since > 0 ORDER BY "
        "waits_since DESC LIMIT -1 OFFSET ?2)",
        {Text{r.from}, kRemarksWaiting});
    if (!gone.ok()) return gone.error();
  }
  return *changed > 0;
}

Result<std::vector<Remark>> Store::remarks_of(const Message& message) {
  std::vector<Remark> out;
  const auto take = [&](const Row& row) {
    out.push_back({row.blob(0), row.blob(1), row.count(2), static_cast<int>(row.number(3)), row.text(4), row.text(5),
                   row.blob(6), row.count(7), row.number(8), row.blob(9), row.blob(10)});
  };
  auto direct =
      db_->each("SELECT * FROM remarks WHERE of_fpr = ? AND of_stream = ? AND of_seq = ? AND peer = ? ORDER BY sent_ms",
                {Blob{message.from_fpr}, Blob{message.stream}, n(message.seq), Text{message.peer}}, take);
  if (!direct.ok()) return direct.error();
  auto others = db_->each(
      "SELECT r.* FROM aliases a JOIN remarks r ON r.of_fpr = a.from_fpr AND r.of_stream = a.stream AND r.of_seq = "
      "a.seq WHERE a.message = ? AND r.peer = ? ORDER BY r.sent_ms",
      {message.id, Text{message.peer}}, take);
  if (!others.ok()) return others.error();
  return out;
}

Result<bool> Store::set_read_in_group(std::string_view reader, int64_t message) {
  auto added = db_->run("INSERT OR IGNORE INTO readers VALUES (?, ?)", {message, Text{reader}});
  if (!added.ok()) return added.error();
  if (*added == 0) return false;
  auto counted = db_->run(
      "UPDATE messages SET read_by = read_by + 1, state = CASE WHEN read_by + 1 >= members THEN 4 ELSE state END WHERE "
      "id = ?",
      {message});
  if (!counted.ok()) return counted.error();
  return true;
}

}  // namespace fastchat::store
