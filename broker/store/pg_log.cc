// The log of keys: the part of the store that appends to it.
#include <string>
#include <utility>

#include "broker/store/log_statements.h"
#include "broker/store/pg_store.h"

namespace fastchat::broker {
namespace {

pg::PgFailure broken(std::string text) {
  return {pg::PgError::kOther, "", std::move(text)};
}

// Returns the leaf that a row of kLoggedUsers lacks; nullopt when nothing is missing.
std::optional<LoggedKey> missing(const LogSigner& signer, const pg::Rows& rows, int row) {
  const auto changes = static_cast<uint64_t>(rows.bigint(row, 4));
  LoggedKey key{std::string(rows.bytes(row, 1)), Bytes(rows.bytes(row, 2)), changes};
  const bool has_leaf = !rows.is_null(row, 5);
  if (rows.boolean(row, 3)) {
    if (!has_leaf) return std::nullopt;
    key = {std::move(key.user), {}, counter_of_end(changes, static_cast<uint64_t>(rows.bigint(row, 6)))};
  }
  if (has_leaf && rows.bytes(row, 5) == signer.fingerprint(key)) return std::nullopt;
  return key;
}

}  // namespace

// Begins the log if there is none and this store has a signer. *key: that of the log, empty when there is none.
// kConflict: there are leaves, and no head.
pg::PgResult<Code> PgStore::begin_log(Bytes* key, bool* complete) {
  auto found = session_.read(sql::kFindLog, {});
  if (found && found->is_null(0, 0) && signer_) {
    if (auto locked = session_.write(sql::kLockNoLog, {}); !locked) return locked.failure();
    found = session_.read(sql::kFindLog, {});
  }
  if (!found) return found.failure();
  *key = found->bytes(0, 0);
  *complete = found->boolean(0, 2);
  if (!key->empty()) return Code::kOk;
  if (found->boolean(0, 1)) return Code::kConflict;
  if (!signer_) return Code::kOk;
  const LogHead head = signer_->begin();
  *key = signer_->public_key();
  auto begun = session_.write(sql::kBeginLog, pg::Params().bytea(head.root).bytea(head.signature).bytea(*key));
  if (!begun) return begun.failure();
  return Code::kOk;
}

Result<bool> PgStore::claim_log() {
  Bytes key;
  bool complete = false;
  const auto claimed = transact("claim_log", [&] { return begin_log(&key, &complete); });
  if (!claimed) return claimed.error();
  if (*claimed != Code::kOk) {
    return err(Code::kLocalUsage,
               "the log of keys has leaves and no head: restore log_head from the backup, or empty log_leaves and "
               "log_nodes, too, to begin a new log");
  }
  if (key.empty()) return true;
  if (!signer_) {
    return err(Code::kLocalUsage,
               "the database has a log of keys, and the key directory has no log.key: copy log.key from another "
               "broker, or from the backup of the keys");
  }
  if (key != signer_->public_key()) {
    return err(Code::kLocalUsage,
               "the log of keys in the database is signed by another log.key: copy log.key from another broker, or "
               "from the backup of the keys");
  }
  return complete;
}

pg::PgResult<> PgStore::log_keys(const std::vector<LoggedKey>& keys) {
  if (keys.empty()) return Unit{};
  if (!signer_) return keep_no_log();
  auto head = session_.write(sql::kLockLog, {});
  if (!head) return head.failure();
  if (head->size() != 1 || head->bytes(0, 3) != signer_->public_key()) {
    return broken("the log of keys is not signed by this broker's log.key: restart the broker");
  }
  const LogState state{static_cast<uint64_t>(head->bigint(0, 0)), head->bigint(0, 1), Bytes(head->bytes(0, 2))};
  const auto growth = signer_->grow(state, head->bigint(0, 4), keys);
  if (!growth) return broken("the head of the log of keys is damaged");
  return grow_log(*growth);
}

// A log has begun since this broker started, or its database is another one. Nothing may change a key without a leaf.
pg::PgResult<> PgStore::keep_no_log() {
  auto head = session_.write(sql::kKeepNoLog, {});
  if (!head) return head.failure();
  if (head->size() == 0) return Unit{};
  return pg::PgFailure{
      pg::PgError::kUnavailable, "",
      "the database has a log of keys now: give this broker the log.key of the others, and restart it"};
}

pg::PgResult<> PgStore::grow_log(const LogGrowth& growth) {
  std::vector<int64_t> indexes, counters, times, levels, places;
  std::vector<ByteView> names, fprs, hashes;
  for (const LogLeaf& leaf : growth.leaves) {
    indexes.push_back(static_cast<int64_t>(leaf.index));
    names.emplace_back(leaf.user);
    fprs.emplace_back(leaf.fpr);
    counters.push_back(static_cast<int64_t>(leaf.counter));
    times.push_back(leaf.ms);
  }
  for (const merkle::Node& node : growth.nodes) {
    levels.push_back(node.place.level);
    places.push_back(static_cast<int64_t>(node.place.index));
    hashes.emplace_back(node.hash);
  }
  pg::Params p;
  p.bigints(indexes).texts(names).byteas(fprs).bigints(counters).bigints(times);
  p.bigints(levels).bigints(places).byteas(hashes);
  p.bigint(static_cast<int64_t>(growth.head.size)).bytea(growth.head.root).bigint(growth.head.ms);
  p.bytea(growth.head.signature).bytea(growth.frontier);
  auto grown = session_.write(sql::kGrowLog, p);
  if (!grown) return grown.failure();
  return Unit{};
}

pg::PgResult<LogSlice> PgStore::find_unlogged(int64_t after, std::vector<int64_t>* uids) {
  uids->clear();
  auto rows = session_.read(sql::kLoggedUsers, pg::Params().bigint(after).bigint(kLogSlice));
  if (!rows) return rows.failure();
  LogSlice out{after, 0, rows->size() == kLogSlice};
  for (int i = 0; i < rows->size(); ++i) {
    out.after = rows->bigint(i, 0);
    if (missing(*signer_, *rows, i)) uids->push_back(out.after);
  }
  return out;
}

pg::PgResult<Code> PgStore::log_missing(const std::vector<int64_t>& uids, uint64_t* added) {
  *added = 0;
  if (auto locked = session_.write(sql::kLockUsers, pg::Params().bigints(uids)); !locked) return locked.failure();
  auto rows = session_.read(sql::kLoggedOfUsers, pg::Params().bigints(uids));
  if (!rows) return rows.failure();
  std::vector<LoggedKey> keys;
  for (int i = 0; i < rows->size(); ++i) {
    if (auto key = missing(*signer_, *rows, i)) keys.push_back(std::move(*key));
  }
  if (auto logged = log_keys(keys); !logged) return logged.failure();
  *added = keys.size();
  return Code::kOk;
}

Result<LogSlice> PgStore::catch_up_slice(int64_t after) {
  LogSlice out;
  if (!signer_) return out;
  std::vector<int64_t> uids;
  const auto read = run("catch_up_log", [&]() -> pg::PgResult<pg::Rows> {
    auto found = find_unlogged(after, &uids);
    if (!found) return found.failure();
    out = *found;
    return pg::Rows(nullptr);
  });
  if (!read) return read.error();
  if (!uids.empty()) {
    const auto code = transact("catch_up_log", [&] { return log_missing(uids, &out.added); });
    if (!code) return code.error();
  }
  if (out.more) return out;
  const auto complete = run("catch_up_log", [&] { return session_.write(sql::kLogComplete, {}); });
  if (!complete) return complete.error();
  return out;
}

}  // namespace fastchat::broker
