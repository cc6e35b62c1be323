// The rooms of unlocking a profile and of logging in, made in order. Lives on the session's thread.
#pragma once

#include <utility>

#include "client/account/device_secrets.h"
#include "client/login/account_end.h"
#include "client/login/device_login.h"
#include "client/login/devices.h"
#include "client/login/login.h"
#include "client/login/password_changer.h"
#include "client/login/restored_server.h"
#include "client/login/sign_up.h"
#include "client/login/unlock.h"

namespace fastchat::client {

struct LoginRooms {
  LoginRooms(Turn& turn, Server& server, store::Store& store, Account& account, StoredPasswordChange& change,
             VaultKeeper& vault, KeyWorker& keys, const LoginOptions& options, const Login::Events& events,
             DeviceLogin::Ended ended)
      : unlock(turn, store, account, keys, options.derive),
        secrets(store.account(), account),
        account_end(store.settings()),
        device(turn, server, account, secrets, account_end, events.open, std::move(ended)),
        changer(turn, server, account, change, vault),
        parts(turn, server, vault),
        login(turn, server, store, account, secrets, parts, keys, device, changer, account_end, options, events),
        sign_up(turn, account, keys, login, options.derive) {}

  Unlock unlock;
  DeviceSecrets secrets;
  AccountEnd account_end;
  DeviceLogin device;
  PasswordChanger changer;
  LoginVault parts;
  Login login;
  SignUp sign_up;
};

// The rooms of what a login finds: other devices, and a server that was restored from a backup.
struct FoundRooms {
  FoundRooms(Turn& turn, Server& server, store::Store& store, Account& account, const PinBook& pins,
             const GroupBook& groups, Notices& notices)
      : devices(turn, server, store.devices(), account, notices), restored(server, pins, groups, notices) {}

  Devices devices;
  RestoredServer restored;
};

}  // namespace fastchat::client
