// A change of the password, on disk from before it is sent until the server's answer or a vault shows whether the
// server made it. docs/security.md has the steps. Lives on the session's thread; writes join the store's transaction.
#pragma once

#include <cstdint>
#include <optional>

#include "client/account/account.h"
#include "client/core/types.h"
#include "client/e2e/password.h"
#include "client/e2e/vault.h"
#include "client/store/account_table.h"

namespace fastchat::client {

class StoredPasswordChange {
 public:
  StoredPasswordChange(store::AccountTable& table, Account& account) : table_(table), account_(account) {}

  // Draws a new vault key, seals all data for the broker, and stores the change with the transaction. `vault` has
  // its version: a head is sealed as it is. With `new_key` the user's key changes too; `server_has` is the number of
  // changes that the server has, and its rekey_counter the number of the new one. Fails with kNotAllowed when the
  // server lost more changes than this identity can sign anew, or has changes that are not this user's.
  Result<core::PasswordChange> prepare(const e2e::PasswordKeys& next, const e2e::OpenedVault& vault,
                                       const e2e::KeyPair* new_key = nullptr, uint64_t server_has = 0);
  struct Pending {
    uint64_t vault_version = 0;
    e2e::Secret vault_key;
  };
  // Returns the change that was sent and has no known result; nullopt when there is none.
  Result<std::optional<Pending>> pending() const;
  Result<> finish();  // the server made the change: moves it into the profile
  Result<> drop();    // the server did not make the change
  // Opens a vault of the server under the vault key, or under the key of the change. Finishes a change that the server
  // made, and drops a change that can never be made. Fails with kLocalCrypto when no key opens the vault, or with
  // kLocalDisk.
  Result<e2e::OpenedVault> open_vault(uint64_t version, ByteView box);

 private:
  store::AccountTable& table_;
  Account& account_;
};

}  // namespace fastchat::client
