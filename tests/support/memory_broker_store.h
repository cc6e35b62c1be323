// The broker's side of MemoryDb. Any number of stores may share one database, on one thread.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "broker/core/store.h"
#include "tests/support/memory_db.h"

namespace fastchat::test {

class MemoryBrokerStore : public broker::Store {
 public:
  // adopt_queue() takes `slice` rows at a time: few, so that tests see it continue.
  // Keeps a log of keys if it has a signer.
  explicit MemoryBrokerStore(MemoryDb& db, size_t slice = 3, std::optional<broker::LogSigner> signer = {})
      : db_(db), slice_(slice), signer_(std::move(signer)) {}

  Result<> sign_up(const broker::NewUser& user) override;
  Result<broker::LoginRow> login_row(const std::string& user, const Bytes& device) override;
  Result<broker::LoggedInDevice> log_in_device(const broker::LogInDevice& device) override;
  Result<broker::Adopted> adopt_queue(int64_t uid, int64_t did) override;
  Result<broker::PasswordStored> change_password(const broker::NewPassword& change) override;
  Result<broker::UserDeleted> delete_user(const broker::DeleteUser& user) override;
  Result<broker::PartsRead> read_parts(const broker::ReadParts& asked) override;
  Result<> create_invite(const Bytes& token_hash, int uses, int64_t expires_s) override;
  Result<> claim_realm(const Bytes& mine) override;
  // ---- memory_broker_log.cc
  Result<bool> claim_log() override;
  // Takes all users at once.
  Result<broker::LogSlice> catch_up_slice(int64_t after) override;

 private:
  // Returns kOk when the device may log in as it is, or as a new one.
  Code verify(const broker::LogInDevice& enter) const;
  Code make_room(const broker::LogInDevice& enter, broker::LoggedInDevice* out);
  bool adopt_others(MemoryDb::Device& device);
  bool empty_mailbox(int64_t uid);
  // A log has begun, and this store has no key for it: it makes no key and ends none.
  bool locked_out() const { return !signer_ && !db_.log.key.empty(); }
  // Returns 0 when the user has no leaf.
  uint64_t newest_counter(const std::string& user) const;
  // Appends a leaf, if this store keeps a log.
  void log_key(const broker::LoggedKey& key);

  MemoryDb& db_;
  size_t slice_;
  std::optional<broker::LogSigner> signer_;
};

}  // namespace fastchat::test
