// The steps of a change of the password. A login with the old password comes first (login.h), then ChangePassword on
// the same link. The change is on disk before it is sent, so that after a crash or a lost answer a login by the
// device's secret finds out whether it was made: the vault opens under the new key, or under the old one. Lives on the
// session's thread.
#pragma once

#include <cstdint>

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
  // A change under way; belongs to the login that shows the old password.
  struct Change {
    e2e::PasswordKeys next;       // of the new password
    e2e::VaultContent content{};  // that send() sealed under the new vault key
    bool refused = false;         // the old password is not the account's
  };
  PasswordChanger(Turn& turn, Server& server, const Account& account, StoredPasswordChange& stored, VaultKeeper& vault)
      : turn_(turn), server_(server), account_(account), stored_(stored), vault_(vault) {}

  // The profile has this new password already.
  bool made(const Change& change) const;
  // An earlier try may have made the change; a login by the device's secrets tells.
  bool may_be_made(const Change& change) const;
  // An earlier change was sent, and it is not known whether it was made.
  bool pending() const;
  // The server took the old password: writes the change into this turn, and sends it after the commit.
  Result<> send(Change& change);
  // The server made the change. `devices`: how many others have to log in. False when the disk refuses.
  bool finish(const Change& change, uint64_t devices);
  // Of the last change of the password.
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
