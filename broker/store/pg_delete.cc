// The end of an account: the part of the store that leaves the name behind, and nothing else that serves anybody.
#include <string>
#include <utility>

#include "broker/store/log_statements.h"
#include "broker/store/pg_store.h"
#include "broker/store/statements.h"
#include "common/hash.h"

namespace fastchat::broker {

Result<UserDeleted> PgStore::delete_user(const DeleteUser& user) {
  UserDeleted out;
  const auto code = transact("delete_user", [&] {
    out = {};
    return delete_account(user, &out);
  });
  if (!code) return code.error();
  out.code = *code;
  return out;
}

pg::PgResult<Code> PgStore::delete_account(const DeleteUser& user, UserDeleted* out) {
  const auto uid = [&] { return pg::Params().bigint(user.uid); };
  auto row = session_.write(sql::kLockToDelete, uid());
  if (!row) return row.failure();
  if (row->size() == 0) return Code::kBadCredentials;
  LoggedKey end{std::string(row->bytes(0, 2))};
  if (!row->boolean(0, 1)) {
    auto mine = session_.read(sql::kHasDevice, uid().bytea(user.device));
    if (!mine) return mine.failure();
    if (mine->size() == 0) return Code::kDeviceEnded;
    if (!constant_time_equal(row->bytes(0, 0), user.verifier)) return Code::kBadCredentials;
    auto owned = session_.read(sql::kOwnedGroups, uid().bigint(kMaxOwned));
    if (!owned) return owned.failure();
    for (int i = 0; i < owned->size(); ++i) out->groups.emplace_back(owned->bytes(i, 0));
    if (!out->groups.empty()) return Code::kOwnsGroups;
    auto last = session_.read(sql::kLastCounters, uid().text(row->bytes(0, 2)));
    if (!last) return last.failure();
    const auto number = [&](int column) { return static_cast<uint64_t>(last->bigint(0, column)); };
    end.counter = counter_of_end(number(0), number(1));
    for (const char* step :
         {sql::kLockGroupsOf, sql::kLeaveGroups, sql::kEndDevices, sql::kForgetEnded, sql::kForgetKeys,
          sql::kForgetContacts, sql::kForgetContactGroups, sql::kDropRequests, sql::kForgetRequests, sql::kForgetCards,
          sql::kForgetHeld, sql::kForgetParts, sql::kEndUploads, sql::kDeleteUser}) {
      if (auto done = session_.write(step, uid()); !done) return done.failure();
    }
  }
  auto gone = session_.read(sql::kGoneDevices, uid());
  if (!gone) return gone.failure();
  for (int i = 0; i < gone->size(); ++i) out->dids.push_back(gone->bigint(i, 0));
  if (row->boolean(0, 1)) return Code::kOk;
  if (auto logged = log_keys({end}); !logged) return logged.failure();
  return Code::kOk;
}

}  // namespace fastchat::broker
