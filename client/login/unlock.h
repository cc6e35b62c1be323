// Opens the secrets of a profile on this disk, by its key file or by the password. Needs no server. Lives on the
// session's thread.
#pragma once

#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "client/account/account.h"
#include "client/account/key_worker.h"
#include "client/runtime/turn.h"

namespace fastchat::client {

class Unlock {
 public:
  using Done = std::function<void(const Result<>&)>;
  Unlock(Turn& turn, store::Store& store, Account& account, KeyWorker& keys, e2e::PasswordDeriver derive)
      : turn_(turn), store_(store), account_(account), keys_(keys), derive_(std::move(derive)) {}

  // Unlocks with the key file, before the first turn. When the key file does not open the profile, failure() has the
  // reason, and the password opens the profile.
  void by_key_file();
  const std::optional<Error>& failure() const { return failure_; }
  // Unlocks with the password. Fails with kBadCredentials when the password is wrong, or with kLocalUsage or
  // kLocalDisk.
  void by_password(const e2e::Secret& password, Done done);
  bool idle() const { return !keys_.busy(); }
  // Compares the password with the profile, and changes nothing. Fails with kBadCredentials or kLocalUsage.
  void check(const e2e::Secret& password, Done done);

 private:
  using Use = std::function<Result<>(const e2e::PasswordKeys&)>;  // fails with kBadCredentials for other keys
  void try_next(std::vector<e2e::Secret> forms, Use use, Done done);

  Turn& turn_;
  store::Store& store_;
  Account& account_;
  KeyWorker& keys_;
  const e2e::PasswordDeriver derive_;
  std::vector<e2e::Secret> forms_;  // of the password, not tried yet
  std::optional<Error> failure_;
};

}  // namespace fastchat::client
