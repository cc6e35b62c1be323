#include "client/store/pin_table.h"

#include "client/store/values.h"

namespace fastchat::store {
namespace {

// The most quarantined messages. The oldest are dropped: they come from others, who must not be able to fill the disk.
constexpr int64_t kMaxQuarantine = 1'000;

}  // namespace

Result<std::vector<PinRow>> PinTable::all() {
  std::vector<PinRow> out;
  auto r = db_.each("SELECT user, fpr, spki, trust, since_ms, rekey_counter, offered_spki, refused_fpr FROM pins", {},
                    [&](const Row& row) {
                      out.push_back({row.text(0), row.blob(1), row.blob(2), static_cast<int>(row.number(3)),
                                     row.number(4), row.count(5), row.blob(6), row.blob(7)});
                    });
  if (!r.ok()) return r.error();
  return out;
}

Result<> PinTable::put(const PinRow& p) {
  return done(db_.run("INSERT OR REPLACE INTO pins VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                      {Text{p.user}, Blob{p.fpr}, Blob{p.spki}, int64_t{p.trust}, p.since_ms, n(p.rekey_counter),
                       Blob{p.offered_spki}, Blob{p.refused_fpr}}));
}

Result<std::vector<FormerKeyRow>> PinTable::former() {
  std::vector<FormerKeyRow> out;
  auto r = db_.each("SELECT user, fpr, spki, until_ms FROM former_keys", {}, [&](const Row& row) {
    out.push_back({row.text(0), row.blob(1), row.blob(2), row.number(3)});
  });
  if (!r.ok()) return r.error();
  return out;
}

Result<> PinTable::put_former(const FormerKeyRow& key) {
  return done(db_.run("INSERT OR REPLACE INTO former_keys VALUES (?, ?, ?, ?)",
                      {Text{key.user}, Blob{key.fpr}, Blob{key.spki}, key.until_ms}));
}

Result<> QuarantineTable::add(int64_t received_ms, std::string_view from, std::string_view reason,
                              std::string_view word, ByteView hash, ByteView envelope) {
  auto r =
      db_.run("INSERT INTO quarantine (received_ms, from_user, reason, hash, envelope, word) VALUES (?, ?, ?, ?, ?, ?)",
              {received_ms, Text{from}, Text{reason}, Blob{hash}, Blob{envelope}, Text{word}});
  if (!r.ok()) return r.error();
  return done(db_.run("DELETE FROM quarantine WHERE id <= ?", {db_.last_id() - kMaxQuarantine}));
}

Result<std::vector<QuarantineEntry>> QuarantineTable::all() {
  std::vector<QuarantineEntry> out;
  auto r = db_.each("SELECT id, received_ms, from_user, reason, hash, word FROM quarantine ORDER BY id", {},
                    [&](const Row& row) {
                      out.push_back({row.number(0), row.number(1), row.text(2), row.text(3), row.blob(4), row.text(5)});
                    });
  if (!r.ok()) return r.error();
  return out;
}

}  // namespace fastchat::store
