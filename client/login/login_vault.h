// The vault during a login: the broker's answer has it, or a head whose parts this device then asks the broker for. The
// link waits until all are here, so that a device has the keys that its user knows before its messages come. Lives on
// the session's thread; writes join the turn.
#pragma once

#include <functional>

#include "client/core/types.h"
#include "client/runtime/server.h"
#include "client/runtime/turn.h"
#include "client/vault/vault_keeper.h"

namespace fastchat::client {

class LoginVault {
 public:
  // Gets true once the vault was taken in, and false while parts are missing. The errors are those of
  // VaultKeeper::on_logged_in().
  using Then = std::function<void(const Result<bool>& taken)>;

  LoginVault(Turn& turn, Server& server, VaultKeeper& vault) : turn_(turn), server_(server), vault_(vault) {}

  void before_login() { vault_.before_login(); }
  // Takes in the vault of the answer to a login; returns what `then` gets. Calls `then` after each answer about parts.
  Result<bool> take(const core::LoggedIn& in, Then then);
  // Asks the broker for the missing parts, when the link waits for them.
  void fetch();
  // Lets the link go on.
  void done() { server_.engine().parts_done(turn_.now_ms()); }

 private:
  Turn& turn_;
  Server& server_;
  VaultKeeper& vault_;
  Then then_;
};

}  // namespace fastchat::client
