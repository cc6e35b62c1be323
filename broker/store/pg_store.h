// The broker's Store over PostgreSQL. Lives on a store thread; blocking, but no statement outlasts the deadline.
// Connects on first use, and again after a lost connection: at most one attempt every half second, and BUSY at once in
// between. Repeats a write whose commit is in doubt on a new connection, and never answers from doubt. A login by
// secret takes two round trips. A login by password, a removal and a change of the password lock the user's row before
// they read the data that they decide on.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/core/store.h"
#include "common/pg/identity.h"
#include "common/pg/session.h"

namespace fastchat::broker {

class PgStore : public Store {
 public:
  // The first call opens the session.
  // Keeps a log of keys if it has a signer.
  explicit PgStore(pg::DatabaseOptions options, int deadline_ms = 10'000, std::optional<LogSigner> signer = {})
      : session_(ends_idle(std::move(options)), deadline_ms), signer_(std::move(signer)) {}

  Result<> sign_up(const NewUser& user) override;
  Result<LoginRow> login_row(const std::string& user, const Bytes& device) override;
  Result<LoggedInDevice> log_in_device(const LogInDevice& device) override;
  Result<Adopted> adopt_queue(int64_t uid, int64_t did) override;
  Result<PasswordStored> change_password(const NewPassword& change) override;
  Result<UserDeleted> delete_user(const DeleteUser& user) override;
  Result<PartsRead> read_parts(const ReadParts& asked) override;
  Result<> create_invite(const Bytes& token_hash, int uses, int64_t expires_s) override;
  Result<> claim_realm(const Bytes& mine) override;
  Result<bool> claim_log() override;
  Result<LogSlice> catch_up_slice(int64_t after) override;

 private:
  // All brokers wait for the lock of the log's head, so PostgreSQL ends the transaction of a broker that stops in it.
  static pg::DatabaseOptions ends_idle(pg::DatabaseOptions options) {
    options.idle_timeout_ms = 3'000;
    return options;
  }
  using Step = std::function<pg::PgResult<pg::Rows>()>;

  // Runs `step` on an open session, and once more when the failure passes by itself.
  Result<pg::Rows> run(const char* what, const Step& step);
  pg::PgResult<> open();
  pg::PgResult<pg::Rows> insert_user(const NewUser& user);
  pg::PgResult<pg::Rows> add_user(const NewUser& user, bool* invited);
  // ---- pg_devices.cc. transact() runs several statements, which return a code, in one transaction, and commits on
  // kOk.
  Result<Code> transact(const char* what, const std::function<pg::PgResult<Code>()>& steps);
  Result<LoggedInDevice> log_in_by_secret(const LogInDevice& log_in);
  pg::PgResult<Code> log_in_by_password(const LogInDevice& log_in, LoggedInDevice* out);
  pg::PgResult<Code> make_room(const LogInDevice& log_in, LoggedInDevice* out);
  pg::PgResult<Code> list_devices(int64_t uid, std::vector<DeviceInfo>* devices);
  pg::PgResult<Code> adopt_slice(int64_t uid, int64_t did, bool* more);
  pg::PgResult<Code> set_key(int64_t uid, const NewKey& key);
  pg::PgResult<Code> delete_account(const DeleteUser& user, UserDeleted* out);
  pg::PgResult<Code> set_password(const NewPassword& change, std::vector<EndedDevice>* others);
  // ---- pg_log.cc. log_keys() appends leaves, the last step before the commit: it locks the row of the head, which
  // every transaction that appends waits for. Without a signer it fails as unavailable once there is a log.
  pg::PgResult<> log_keys(const std::vector<LoggedKey>& keys);
  pg::PgResult<Code> begin_log(Bytes* key, bool* complete);
  pg::PgResult<> keep_no_log();
  pg::PgResult<> grow_log(const LogGrowth& growth);
  // Reads the next users behind `after`, and sets *uids to those whose newest leaf is missing.
  pg::PgResult<LogSlice> find_unlogged(int64_t after, std::vector<int64_t>* uids);
  pg::PgResult<Code> log_missing(const std::vector<int64_t>& uids, uint64_t* added);

  pg::Session session_;
  pg::StoreIdentity identity_;
  int64_t next_open_us_ = 0;
  std::optional<LogSigner> signer_;
};

}  // namespace fastchat::broker
