// The secrets with which this device logs in. A login by password draws a secret. The secret is on disk before a server
// sees it, and stays once the server confirms it. A login with a lost answer leaves two secrets, and one of the two is
// right. The profile keeps the secrets, sealed under the local key. Lives on the session's thread; writes join the
// store's transaction.
#pragma once

#include <optional>
#include <vector>

#include "client/account/account.h"
#include "client/core/types.h"
#include "client/e2e/password.h"
#include "client/store/account_table.h"

namespace fastchat::client {

// Returns H(label"device" | secret), the hash of a device's secret that the broker stores (32 bytes).
Bytes device_secret_hash(const e2e::Secret& secret);

class DeviceSecrets {
 public:
  DeviceSecrets(store::AccountTable& table, Account& account) : table_(table), account_(account) {}

  // A login by password: its device (16 bytes), and the secret for later logins of that device.
  struct Attempt {
    Bytes device;
    e2e::Secret secret;
  };
  // Begins a login by password. Continues an interrupted login with the device and the secret that it drew. Gives a
  // removed device another id. The attempt is on disk with the transaction; the caller sends nothing before the commit.
  Result<Attempt> begin_log_in(const Account::Fresh& fresh, const e2e::PasswordKeys& keys);
  // Draws the secret for a profile that has the proof of its password and no secret. Returns a secret that was drawn
  // earlier and is not confirmed.
  Result<e2e::Secret> next();
  // Returns the secrets that this device may log in with, the likeliest first; empty when there are none. Fails with
  // kLocalCrypto when a stored secret does not open.
  Result<std::vector<Bytes>> all() const;

  // Takes in the answer to a later login. Keeps the secret that the server accepted and erases the proof of the
  // password. Fails with kLocalUntrustedKey when the blob, if there is one, is of another identity.
  Result<> confirm(const core::LoggedIn& in);
  // Marks this device as removed and erases its secrets.
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
