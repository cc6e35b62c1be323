#include "client/store/standing_table.h"

#include <string_view>

#include "client/store/values.h"

namespace fastchat::store {

Result<std::vector<StandingRow>> StandingTable::all() {
  std::vector<StandingRow> out;
  auto r = db_.each("SELECT peer, standing, changed_ms, unsent FROM standings", {}, [&](const Row& row) {
    out.push_back(
        {ConversationId::from_stored(row.text(0)), static_cast<int>(row.number(1)), row.number(2), row.number(3) != 0});
  });
  if (!r.ok()) return r.error();
  return out;
}

Result<> StandingTable::put(const StandingRow& row) {
  return done(db_.run("INSERT OR REPLACE INTO standings VALUES (?, ?, ?, ?)",
                      {Text{row.peer.stored()}, int64_t{row.standing}, row.changed_ms, int64_t{row.unsent}}));
}

Result<> StandingTable::drop(const ConversationId& peer) {
  return done(db_.run("DELETE FROM standings WHERE peer = ?", {Text{peer.stored()}}));
}

Result<StrangersRow> StandingTable::strangers() {
  StrangersRow out;
  auto r = db_.each("SELECT wanted, changed_ms, server, listed FROM strangers", {}, [&](const Row& row) {
    out = {static_cast<int>(row.number(0)), row.number(1), static_cast<int>(row.number(2)), row.number(3) != 0};
  });
  if (!r.ok()) return r.error();
  return out;
}

Result<> StandingTable::put_strangers(const StrangersRow& row) {
  return done(db_.run("INSERT OR REPLACE INTO strangers VALUES (1, ?, ?, ?, ?)",
                      {int64_t{row.wanted}, row.changed_ms, int64_t{row.server}, int64_t{row.listed}}));
}

Result<> StandingTable::remove_conversation(const ConversationId& conversation) {
  for (const char* sql :
       {"INSERT INTO removed SELECT 1, max(position) FROM messages WHERE position IS NOT NULL HAVING max(position) > 0 "
        "ON CONFLICT (one) DO UPDATE SET position = max(position, excluded.position)",
        "DELETE FROM files WHERE id IN (SELECT substr(hash, 1, 16) FROM messages WHERE peer = ?)",
        "DELETE FROM aliases WHERE message IN (SELECT id FROM messages WHERE peer = ?)",
        "DELETE FROM readers WHERE message IN (SELECT id FROM messages WHERE peer = ?)",
        "DELETE FROM send_ids WHERE message IN (SELECT id FROM messages WHERE peer = ?)",
        "DELETE FROM remarks WHERE peer = ?", "DELETE FROM messages WHERE peer = ?"}) {
    const bool names = std::string_view(sql).ends_with("?") || std::string_view(sql).ends_with("?)");
    auto r = names ? db_.run(sql, {Text{conversation.stored()}}) : db_.run(sql, {});
    if (!r.ok()) return r.error();
  }
  return Unit{};
}

}  // namespace fastchat::store
