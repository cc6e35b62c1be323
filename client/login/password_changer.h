// The steps of a change of the password. A login with the old password comes first (login.h), then ChangePassword on
// the same link. The change is on disk before it is sent. After a crash or a lost answer, a login by the device's
// secret finds out whether the server made the change: the vault opens under the new key, or under the old key. Lives
// on the session's thread.
#pragma once

#include <cstdint>
#include <optional>

#include "client/account/account.h"
#include "client/account/stored_password_change.h"
#include "client/e2e/password.h"
#include "client/e2e/vault.h"
#include "client/runtime/server.h"
#include "client/runtime/turn.h"
#include "client/vault/vault_keeper.h"

namespace fastchat::client {

class PasswordChanger {
 public:
  // A change under way. The change belongs to the login that shows the old password.
  struct Change {
    e2e::PasswordKeys next;                 // of the new password
    std::optional<e2e::KeyPair> new_key{};  // the user's key changes, too
    Bytes former_fpr{};                     // with new_key: of the key that the profile had
    e2e::OpenedVault vault{};               // sealed by send() under the new vault key
  };
  PasswordChanger(Turn& turn, Server& server, const Account& account, StoredPasswordChange& stored, VaultKeeper& vault)
      : turn_(turn), server_(server), account_(account), stored_(stored), vault_(vault) {}

  // Returns true when the profile has this new password already.
  bool made(const Change& change) const;
  // Returns true when an earlier try may have made the change. A login by the device's secrets shows the result.
  bool may_be_made(const Change& change) const;
  // Returns true when an earlier change was sent and its result is unknown.
  bool pending() const;
  // Writes the change into this turn, and sends the change after the commit. The server has accepted the old password,
  // with the answer `in`.
  Result<> send(Change& change, const core::LoggedIn& in);
  // Stores the change that the server made. `devices`: the number of other devices that have to log in. Returns false
  // when the disk refuses.
  bool finish(const Change& change, uint64_t devices);
  // Returns the number of other devices that have to log in after the last change of the password.
  uint64_t others_to_log_in() const { return others_to_log_in_; }

 private:
  Turn& turn_;
  Server& server_;
  const Account& account_;
  StoredPasswordChange& stored_;
  VaultKeeper& vault_;
  uint64_t others_to_log_in_ = 0;
};

}  // namespace fastchat::client
