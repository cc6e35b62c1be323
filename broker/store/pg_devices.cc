// Logins, adopting and changes of the password: the part of the store that keeps an ended device out.
#include <utility>

#include "broker/store/pg_store.h"
#include "broker/store/statements.h"
#include "common/hash.h"
#include "common/pg/end_device.h"
#include "common/wire.h"

namespace fastchat::broker {
namespace {

pg::Params device_of(int64_t uid, const Bytes& device) {
  pg::Params p;
  p.bigint(uid).bytea(device);
  return p;
}

}  // namespace

Result<LoginRow> PgStore::login_row(const std::string& user, const Bytes& device) {
  const auto rows = run("login", [&] { return session_.read(sql::kLoginRow, pg::Params().text(user).bytea(device)); });
  if (!rows) return rows.error();
  return LoginRow{rows->bigint(0, 0), Bytes(rows->bytes(0, 1)), rows->boolean(0, 2), rows->boolean(0, 4),
                  Bytes(rows->bytes(0, 3))};
}

Result<Code> PgStore::transact(const char* what, const std::function<pg::PgResult<Code>()>& steps) {
  Code code = Code::kInternal;
  const auto done = run(what, [&]() -> pg::PgResult<pg::Rows> {
    if (auto begun = session_.begin(); !begun) return begun.failure();
    const auto result = steps();
    if (!result || *result != Code::kOk) {
      session_.rollback();
      if (!result) return result.failure();
    } else if (auto committed = session_.commit(); !committed) {
      return committed.failure();
    }
    code = *result;
    return pg::Rows(nullptr);
  });
  if (!done) return done.error();
  return code;
}

Result<LoggedInDevice> PgStore::log_in_device(const LogInDevice& log_in) {
  if (!log_in.held_hash.empty()) return log_in_by_secret(log_in);
  LoggedInDevice out;
  const auto code = transact("log_in_device", [&] {
    out = {};
    return log_in_by_password(log_in, &out);
  });
  if (!code) return code.error();
  if (*code == Code::kUnknownUser) return err(Code::kUnknownUser, "there is no such user");
  out.code = *code;
  return out;
}

Result<LoggedInDevice> PgStore::log_in_by_secret(const LogInDevice& log_in) {
  const auto rows = run("log_in_device", [&] {
    return session_.write(sql::kLogInBySecret,
                          device_of(log_in.uid, log_in.device).text(log_in.device_name).bytea(log_in.held_hash));
  });
  if (!rows) return rows.error();
  LoggedInDevice out;
  if (rows->size() == 0) {
    const auto state =
        run("log_in_device", [&] { return session_.read(sql::kDeviceState, device_of(log_in.uid, log_in.device)); });
    if (!state) return state.error();
    out.code = state->boolean(0, 1)   ? Code::kDeviceEnded
               : state->boolean(0, 0) ? Code::kPasswordNeeded
                                      : Code::kBadCredentials;
    return out;
  }
  out.did = rows->bigint(0, 0);
  out.session_epoch = rows->bigint(0, 1);
  out.is_new = rows->boolean(0, 2);
  out.mail_waits = rows->boolean(0, 3);
  out.vault = rows->bytes(0, 4);
  out.vault_version = rows->bigint(0, 5);
  out.rekeys = rows->bigint(0, 6);
  return out;
}

pg::PgResult<Code> PgStore::log_in_by_password(const LogInDevice& log_in, LoggedInDevice* out) {
  auto user = session_.write(sql::kLockUser, pg::Params().bigint(log_in.uid));
  if (!user) return user.failure();
  if (user->size() == 0) return Code::kUnknownUser;
  if (!constant_time_equal(user->bytes(0, 0), log_in.verifier)) return Code::kBadCredentials;
  pg::Params known = device_of(log_in.uid, log_in.device).text(log_in.device_name);
  if (log_in.secret_hash.empty()) known.null(pg::kOidBytea);
  if (!log_in.secret_hash.empty()) known.bytea(log_in.secret_hash);
  auto entered = session_.write(sql::kLogInKnown, known);
  if (!entered) return entered.failure();
  if (entered->size() == 0) {
    const auto room = make_room(log_in, out);
    if (!room || *room != Code::kOk) return room;
    entered = session_.write(sql::kLogInNew, known.text(log_in.address));
    if (!entered) return entered.failure();
  }
  auto rest = session_.read(sql::kMailAndRekeys, pg::Params().bigint(log_in.uid));
  if (!rest) return rest.failure();
  out->did = entered->bigint(0, 0);
  out->session_epoch = entered->bigint(0, 1);
  out->is_new = entered->boolean(0, 2);
  out->mail_waits = rest->boolean(0, 0);
  out->identity_blob = user->bytes(0, 1);
  out->vault = user->bytes(0, 2);
  out->vault_version = user->bigint(0, 3);
  out->rekeys = rest->bigint(0, 1);
  return Code::kOk;
}

// Decides whether the user may have this device as another one: kOk (after the removal of `replaces`, if that makes the
// room), or the code of the refusal with its details in *out.
pg::PgResult<Code> PgStore::make_room(const LogInDevice& log_in, LoggedInDevice* out) {
  auto state = session_.read(sql::kDeviceState, device_of(log_in.uid, log_in.device));
  if (!state) return state.failure();
  if (state->boolean(0, 1)) return Code::kDeviceEnded;
  auto counts = session_.read(sql::kCountDevices, pg::Params().bigint(log_in.uid));
  if (!counts) return counts.failure();
  if (counts->bigint(0, 1) >= log_in.new_an_hour) {
    out->retry_ms = counts->bigint(0, 2);
    return Code::kThrottled;
  }
  const int64_t devices = counts->bigint(0, 0);
  if (devices < log_in.max_devices) return Code::kOk;
  // Replaces one device by the new one. When the user has more than max_devices (the limit was lowered), others have to
  // be removed first.
  if (devices == log_in.max_devices && !log_in.replaces.empty()) {
    auto had = session_.read(sql::kHasDevice, device_of(log_in.uid, log_in.replaces));
    if (!had) return had.failure();
    if (had->size() == 1) return pg::end_device(session_, log_in.uid, log_in.replaces, &out->replaced.did);
  }
  if (auto listed = list_devices(log_in.uid, &out->devices); !listed) return listed;
  return Code::kTooManyDevices;
}

pg::PgResult<Code> PgStore::list_devices(int64_t uid, std::vector<DeviceInfo>* devices) {
  auto rows = session_.read(sql::kListDevices, pg::Params().bigint(uid).bigint(wire::kMaxDevices));
  if (!rows) return rows.failure();
  for (int i = 0; i < rows->size(); ++i) {
    devices->push_back({Bytes(rows->bytes(i, 0)), std::string(rows->bytes(i, 1)), rows->bigint(i, 2),
                        rows->bigint(i, 3), std::string(rows->bytes(i, 4))});
  }
  return Code::kOk;
}

Result<Adopted> PgStore::adopt_queue(int64_t uid, int64_t did) {
  Adopted out;
  const auto code = transact("adopt_queue", [&] { return adopt_slice(uid, did, &out.more); });
  if (!code) return code.error();
  return out;
}

pg::PgResult<Code> PgStore::adopt_slice(int64_t uid, int64_t did, bool* more) {
  *more = false;
  if (auto user = session_.write(sql::kLockUser, pg::Params().bigint(uid)); !user) return user.failure();
  auto adopter = session_.write(sql::kAdopter, pg::Params().bigint(uid).bigint(did));
  if (!adopter) return adopter.failure();
  if (adopter->size() == 0) return Code::kOk;
  // Each row of the mailbox becomes a row for each device.
  constexpr int64_t kMailRows = kAdoptRows / 5;
  for (const char* empty : {sql::kEmptyMailbox, sql::kEmptyMailboxFiles}) {
    auto taken = session_.write(empty, pg::Params().bigint(uid).bigint(kMailRows));
    if (!taken) return taken.failure();
    *more = *more || taken->bigint(0, 0) == kMailRows;
  }
  if (*more || !adopter->boolean(0, 0)) return Code::kOk;
  int64_t upto[2] = {adopter->bigint(0, 1), adopter->bigint(0, 2)};
  for (int i = 0; i < 2; ++i) {
    auto given = session_.write(i == 0 ? sql::kAdoptSlice : sql::kAdoptFiles,
                                pg::Params().bigint(uid).bigint(did).bigint(upto[i]).bigint(kAdoptRows));
    if (!given) return given.failure();
    *more = *more || given->bigint(0, 0) == kAdoptRows;
    upto[i] = given->bigint(0, 1);
  }
  auto kept = *more ? session_.write(sql::kAdoptedUpto, pg::Params().bigint(did).bigint(upto[0]).bigint(upto[1]))
                    : session_.write(sql::kAdopted, pg::Params().bigint(did));
  if (!kept) return kept.failure();
  return Code::kOk;
}

Result<PasswordStored> PgStore::change_password(const NewPassword& change) {
  PasswordStored out;
  const auto code = transact("change_password", [&] {
    out.others.clear();
    return set_password(change, &out.others);
  });
  if (!code) return code.error();
  out.code = *code;
  return out;
}

// Fails with kConflict when the stored changes are not those before key.rekeys.
pg::PgResult<Code> PgStore::set_key(int64_t uid, const NewKey& key) {
  if (key.public_key.empty()) return Code::kOk;
  auto counted = session_.read(sql::kCountRekeys, pg::Params().bigint(uid));
  if (!counted) return counted.failure();
  const int64_t stored = counted->bigint(0, 0);
  const int64_t before = key.number - static_cast<int64_t>(key.rekeys.size());
  if (stored < before || stored >= key.number) return Code::kConflict;
  for (int64_t number = stored + 1; number <= key.number; ++number) {
    const Bytes& rekey = key.rekeys.at(static_cast<size_t>(number - before - 1));
    auto added =
        session_.write(sql::kAddRekey, pg::Params().bigint(uid).integer(static_cast<int>(number)).bytea(rekey));
    if (!added) return added.failure();
  }
  auto set = session_.write(sql::kSetKey, pg::Params().bigint(uid).bytea(key.public_key));
  if (!set) return set.failure();
  return Code::kOk;
}

pg::PgResult<Code> PgStore::set_password(const NewPassword& change, std::vector<EndedDevice>* others) {
  auto user = session_.write(sql::kLockUser, pg::Params().bigint(change.uid));
  if (!user) return user.failure();
  if (user->size() == 0 || user->boolean(0, 4)) return Code::kBadCredentials;
  auto mine = session_.read(sql::kHasDevice, device_of(change.uid, change.device));
  if (!mine) return mine.failure();
  if (mine->size() == 0) return Code::kDeviceEnded;
  const bool again = constant_time_equal(user->bytes(0, 0), change.verifier) &&
                     user->bytes(0, 1) == change.identity_blob && user->bigint(0, 3) >= change.vault_version;
  if (!again) {
    if (!constant_time_equal(user->bytes(0, 0), change.old_verifier)) return Code::kBadCredentials;
    if (user->bigint(0, 3) != change.vault_version - 1) return Code::kConflict;
    auto set = session_.write(sql::kSetPassword, pg::Params()
                                                     .bigint(change.uid)
                                                     .bytea(change.verifier)
                                                     .bytea(change.identity_blob)
                                                     .bytea(change.vault)
                                                     .bigint(change.vault_version));
    if (!set) return set.failure();
    const auto key = set_key(change.uid, change.key);
    if (!key || *key != Code::kOk) return key;
  }
  auto rows = session_.write(again ? sql::kWithoutSecret : sql::kDropSecrets, device_of(change.uid, change.device));
  if (!rows) return rows.failure();
  for (int i = 0; i < rows->size(); ++i) others->push_back({rows->bigint(i, 0), rows->bigint(i, 1)});
  if (again || change.key.public_key.empty()) return Code::kOk;
  auto logged =
      log_keys({{std::string(user->bytes(0, 5)), change.key.public_key, static_cast<uint64_t>(change.key.number)}});
  if (!logged) return logged.failure();
  return Code::kOk;
}

}  // namespace fastchat::broker
