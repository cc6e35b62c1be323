#include "client/store/annotation_table.h"

#include "client/store/values.h"

namespace fastchat::store {

// Within a stream the number decides; two devices of one person are compared by the clocks they had.
Result<bool> AnnotationTable::put(const Annotation& r, int64_t waits_since) {
  auto changed = db_.run(
      "INSERT INTO remarks VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT (of_fpr, of_stream, "
      "of_seq, kind, from_user) DO UPDATE SET peer = ?6, stream = ?7, seq = ?8, sent_ms = ?9, hash = ?10, body = ?11 "
      "WHERE CASE WHEN remarks.stream = ?7 THEN remarks.seq < ?8 ELSE remarks.sent_ms <= ?9 END",
      {Blob{r.of_fpr}, Blob{r.of_stream}, n(r.of_seq), int64_t{r.kind}, Text{r.from}, Text{r.peer}, Blob{r.stream},
       n(r.seq), r.sent_ms, Blob{r.hash}, Blob{r.body}, waits_since});
  if (!changed.ok()) return changed.error();
  if (waits_since != 0) {
    auto gone = db_.run(
        "DELETE FROM remarks WHERE (of_fpr, of_stream, of_seq, kind, from_user) IN (SELECT "
        "of_fpr, of_stream, of_seq, kind, from_user FROM remarks WHERE from_user = ?1 AND waits_since > 0 ORDER BY "
        "waits_since DESC LIMIT -1 OFFSET ?2)",
        {Text{r.from}, kMaxWaiting});
    if (!gone.ok()) return gone.error();
  }
  return *changed > 0;
}

Result<std::vector<Annotation>> AnnotationTable::of(const Message& message) {
  std::vector<Annotation> out;
  const auto take = [&](const Row& row) {
    out.push_back({row.blob(0), row.blob(1), row.count(2), static_cast<int>(row.number(3)), row.text(4), row.text(5),
                   row.blob(6), row.count(7), row.number(8), row.blob(9), row.blob(10)});
  };
  auto direct =
      db_.each("SELECT * FROM remarks WHERE of_fpr = ? AND of_stream = ? AND of_seq = ? AND peer = ? ORDER BY sent_ms",
               {Blob{message.from_fpr}, Blob{message.stream}, n(message.seq), Text{message.peer}}, take);
  if (!direct.ok()) return direct.error();
  auto others = db_.each(
      "SELECT r.* FROM aliases a JOIN remarks r ON r.of_fpr = a.from_fpr AND r.of_stream = a.stream AND r.of_seq = "
      "a.seq WHERE a.message = ? AND r.peer = ? ORDER BY r.sent_ms",
      {message.id, Text{message.peer}}, take);
  if (!others.ok()) return others.error();
  return out;
}

}  // namespace fastchat::store
