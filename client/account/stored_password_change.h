// A change of the password that is on disk because it was sent, until the server's answer or a vault says whether it
// was made. docs/security.md has the steps. Lives on the session's thread; writes join the store's transaction.
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

  // Draws a new vault key and seals all that the broker is to be sent; on disk with the transaction. `content` has the
  // vault's version.
  Result<core::PasswordChange> prepare(const e2e::PasswordKeys& next, const e2e::VaultContent& content);
  struct Pending {
    uint64_t vault_version = 0;
    e2e::Secret vault_key;
  };
  // The change that was sent and of which it is not known whether it was made.
  Result<std::optional<Pending>> pending() const;
  Result<> finish();  // it was
  Result<> drop();    // it was not
  // Opens a vault of the server under the vault key, or under that of the change: finishes a change that was made, and
  // drops one that can never be. kLocalCrypto; kPasswordNeeded: it is sealed under another password; kLocalDisk.
  Result<e2e::VaultContent> open_vault(uint64_t version, ByteView box);

 private:
  store::AccountTable& table_;
  Account& account_;
};

}  // namespace fastchat::client
