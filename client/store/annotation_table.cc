#include "client/store/annotation_table.h"

#include <algorithm>
#include <tuple>

#include "client/store/values.h"

namespace fastchat::store {

// Orders annotations by the sender's clock, then by the hash. All devices get the same order, in any order of arrival.
// A sender never gives a later annotation an earlier time (Annotations::time_of_next).
Result<bool> AnnotationTable::put(const Annotation& r, int64_t waits_since) {
  auto changed = db_.run(
      R"sql(
          INSERT INTO remarks VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
          ON CONFLICT (of_fpr, of_stream, of_seq, kind, from_user) DO UPDATE
          SET peer = ?6, stream = ?7, seq = ?8, sent_ms = ?9, hash = ?10, body = ?11
          WHERE (remarks.sent_ms, remarks.hash) < (?9, ?10))sql",
      {Blob{r.of_fpr}, Blob{r.of_stream}, n(r.of_seq), int64_t{r.kind}, Text{r.from}, Text{r.conversation.stored()},
       Blob{r.stream}, n(r.seq), r.sent_ms, Blob{r.hash}, Blob{r.body}, waits_since});
  if (!changed.ok()) return changed.error();
  if (waits_since != 0) {
    auto gone = db_.run(
        R"sql(
            DELETE FROM remarks
            WHERE (of_fpr, of_stream, of_seq, kind, from_user) IN (
              SELECT of_fpr, of_stream, of_seq, kind, from_user FROM remarks
              WHERE from_user = ?1 AND waits_since > 0
              ORDER BY waits_since DESC LIMIT -1 OFFSET ?2))sql",
        {Text{r.from}, kMaxWaiting});
    if (!gone.ok()) return gone.error();
  }
  return *changed > 0;
}

Result<std::vector<Annotation>> AnnotationTable::of(const Message& message) {
  std::vector<Annotation> out;
  const auto take = [&](const Row& row) {
    out.push_back({row.blob(0), row.blob(1), row.count(2), static_cast<int>(row.number(3)), row.text(4),
                   ConversationId::from_stored(row.text(5)), row.blob(6), row.count(7), row.number(8), row.blob(9),
                   row.blob(10)});
  };
  auto direct = db_.each(
      "SELECT * FROM remarks WHERE of_fpr = ? AND of_stream = ? AND of_seq = ? AND peer = ?",
      {Blob{message.from_fpr}, Blob{message.stream}, n(message.seq), Text{message.conversation.stored()}}, take);
  if (!direct.ok()) return direct.error();
  auto others = db_.each(
      R"sql(
          SELECT r.* FROM aliases a
          JOIN remarks r ON r.of_fpr = a.from_fpr AND r.of_stream = a.stream AND r.of_seq = a.seq
          WHERE a.message = ? AND r.peer = ?)sql",
      {message.id, Text{message.conversation.stored()}}, take);
  if (!others.ok()) return others.error();
  std::sort(out.begin(), out.end(), [](const Annotation& a, const Annotation& b) {
    return std::tie(a.sent_ms, a.hash) < std::tie(b.sent_ms, b.hash);
  });
  return out;
}

Result<int64_t> AnnotationTable::last_sent(const Annotation& like) {
  int64_t out = 0;
  auto r = db_.each(
      "SELECT sent_ms FROM remarks WHERE of_fpr = ? AND of_stream = ? AND of_seq = ? AND kind = ? AND from_user = ?",
      {Blob{like.of_fpr}, Blob{like.of_stream}, n(like.of_seq), int64_t{like.kind}, Text{like.from}},
      [&](const Row& row) { out = row.number(0); });
  if (!r.ok()) return r.error();
  return out;
}

}  // namespace fastchat::store
