// The rooms of a log-in, made in order. Lives on the session's thread.
#pragma once

#include <utility>

#include "client/login/device_login.h"
#include "client/login/login.h"
#include "client/login/password_changer.h"
#include "client/login/sign_up.h"

namespace fastchat::client {

struct LoginRooms {
  LoginRooms(Turn& turn, Server& server, store::Store& store, Account& account, VaultKeeper& vault, KeyWorker& keys,
             const LoginOptions& options, const Login::Events& events, DeviceLogin::Ended ended)
      : device(turn, server, account, events.open, std::move(ended)),
        changer(turn, server, account, vault),
        login(turn, server, store, account, vault, keys, device, changer, options, events),
        sign_up(turn, account, keys, login, options.derive) {}

  DeviceLogin device;
  PasswordChanger changer;
  Login login;
  SignUp sign_up;
};

}  // namespace fastchat::client
