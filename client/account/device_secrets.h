// The secrets by which this device logs in: drawn for a login by password, on disk before they are shown to a server,
// and kept once the server says which one holds. A login whose answer was lost leaves two, and one of them is right.
// They lie in the profile, sealed under the local key. Lives on the session's thread; writes join the store's
// transaction.
#pragma once

#include <optional>
#include <vector>

#include "client/account/account.h"
#include "client/core/types.h"
#include "client/e2e/password.h"
#include "client/store/account_table.h"

namespace fastchat::client {

// H(label"device" | secret): what the broker keeps of a device's secret.
Bytes device_secret_hash(const e2e::Secret& secret);

class DeviceSecrets {
 public:
  DeviceSecrets(store::AccountTable& table, Account& account) : table_(table), account_(account) {}

  // A login by password: as which device, and with which secret for its later logins. An interrupted one goes on with
  // what it had drawn. A removed device gets another id. On disk with the transaction, and not to be sent before.
  struct Attempt {
    Bytes device;
    e2e::Secret secret;
  };
  Result<Attempt> begin_log_in(const Account::Fresh& fresh, const e2e::PasswordKeys& keys);
  // The same for a profile that has the proof of its password and no secret.
  Result<e2e::Secret> next();
  // The secrets that this device may log in with, the likeliest first; empty when it has none.
  Result<std::vector<Bytes>> all() const;

  // A later login. kLocalUntrustedKey when the blob, if there is one, is of another identity. Keeps the secret that
  // held and erases the proof of the password.
  Result<> confirm(const core::LoggedIn& in);
  // This device was removed: its secrets go.
  Result<> end_device();

 private:
  bool keeps_device() const;
  Result<std::optional<Attempt>> interrupted(const Account::Fresh& fresh, const e2e::PasswordKeys& keys) const;
  Result<e2e::Secret> open(ByteView sealed) const;
  Bytes seal(ByteView secret) const;

  store::AccountTable& table_;
  Account& account_;
};

}  // namespace fastchat::client
