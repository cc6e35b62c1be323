#include "broker/store/pg_store.h"

#include <utility>

#include "broker/store/statements.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/pg/vault_parts.h"
#include "common/wire.h"

namespace fastchat::broker {
namespace {

constexpr int64_t kReopenUs = 500'000;

bool passes(pg::PgError kind) {
  return kind == pg::PgError::kUnavailable || kind == pg::PgError::kInDoubt || kind == pg::PgError::kConflict;
}

}  // namespace

pg::PgResult<> PgStore::open() {
  auto opened = session_.open();
  if (opened) opened = pg::recognise(session_, &identity_);
  if (!opened) session_.close();
  next_open_us_ = opened ? 0 : Clock::monotonic_us() + kReopenUs;
  return opened;
}

Result<pg::Rows> PgStore::run(const char* what, const Step& step) {
  pg::PgFailure failure;
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (!session_.is_open()) {
      // Returns without a log line: the attempt to open writes one, at most twice a second.
      if (Clock::monotonic_us() < next_open_us_) return err(Code::kBusy, "the database is not reachable");
      if (auto opened = open(); !opened) {
        failure = opened.failure();
        break;
      }
    }
    auto rows = step();
    if (rows) return std::move(*rows);
    failure = rows.failure();
    if (!passes(failure.kind)) break;
  }
  log::warn("database", {{"request", what}, {"kind", pg::to_string(failure.kind)}, {"error", failure.text}});
  if (passes(failure.kind)) return err(Code::kBusy, failure.text);
  return pg::to_error(failure);
}

Result<> PgStore::sign_up(const NewUser& user) {
  bool invited = true;
  const auto rows = run("sign_up", [&]() -> pg::PgResult<pg::Rows> {
    if (auto begun = session_.begin(); !begun) return begun.failure();
    auto result = add_user(user, &invited);
    if (!result || result->size() == 0) {
      session_.rollback();
    } else if (auto committed = session_.commit(); !committed) {
      return committed.failure();
    }
    return result;
  });
  if (!rows) return rows.error();
  if (rows->size() == 1) return Unit{};
  // Refuses, unless the same sign-up succeeded before and its answer got lost, here or on the way to the client.
  const auto same = run("sign_up", [&] {
    return session_.read(
        sql::kSameUser,
        pg::Params().text(user.name).bytea(user.public_key).bytea(user.identity_blob).bytea(user.verifier));
  });
  if (!same) return same.error();
  if (same->size() == 1) return Unit{};
  if (!invited) return err(Code::kBadInvite, "this invite token is not valid");
  return err(Code::kNameTaken, "this name is taken");
}

// Takes a use of the invite, if one is asked for, and appends the user's key to the log. Returns no row when the invite
// is not valid or the name is taken.
pg::PgResult<pg::Rows> PgStore::add_user(const NewUser& user, bool* invited) {
  *invited = true;
  if (!user.invite_hash.empty()) {
    auto taken = session_.write(sql::kTakeInvite, pg::Params().bytea(user.invite_hash));
    *invited = taken && taken->size() == 1;
    if (!*invited) return taken;
  }
  auto added = insert_user(user);
  if (!added || added->size() == 0) return added;
  if (auto logged = log_keys({{user.name, user.public_key, 0}}); !logged) return logged.failure();
  return added;
}

pg::PgResult<pg::Rows> PgStore::insert_user(const NewUser& user) {
  return session_.write(sql::kInsertUser, pg::Params()
                                              .text(user.name)
                                              .bytea(user.public_key)
                                              .bytea(user.identity_blob)
                                              .bytea(user.vault)
                                              .bytea(user.verifier)
                                              .bigint(user.strangers));
}

Result<PartsRead> PgStore::read_parts(const ReadParts& asked) {
  const auto rows =
      run("read_parts", [&] { return pg::read_vault_parts(session_, asked.uid, asked.hashes, wire::kPartsPerAnswer); });
  if (!rows) return rows.error();
  pg::VaultPartsRead read = pg::parts_of(*rows);
  return PartsRead{read.looked, std::move(read.parts)};
}

Result<> PgStore::create_invite(const Bytes& token_hash, int uses, int64_t expires_s) {
  const auto rows = run("create_invite", [&] {
    return session_.write(sql::kCreateInvite, pg::Params().bytea(token_hash).integer(uses).bigint(expires_s));
  });
  if (!rows) return rows.error();
  return Unit{};
}

Result<> PgStore::claim_realm(const Bytes& mine) {
  const auto claimed = run("realm", [&] { return session_.write(sql::kClaimRealm, pg::Params().bytea(mine)); });
  if (!claimed) return claimed.error();
  const auto rows = run("realm", [&] { return session_.read(sql::kRealm, {}); });
  if (!rows) return rows.error();
  if (rows->size() != 1 || rows->bytes(0, 0) != mine) {
    return err(Code::kWrongRealm, "the database belongs to another realm than the key directory");
  }
  return Unit{};
}

}  // namespace fastchat::broker
