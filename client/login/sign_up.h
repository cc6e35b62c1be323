// Makes a new account: its keys and first vault. The login that follows sends both to the server (login.h). Lives on
// the session's thread.
#pragma once

#include <string>
#include <utility>

#include "client/account/account.h"
#include "client/account/key_worker.h"
#include "client/login/login.h"
#include "client/runtime/listener.h"
#include "client/runtime/turn.h"

namespace fastchat::client {

class SignUp {
 public:
  using Done = Login::Done;
  SignUp(Turn& turn, const Account& account, KeyWorker& keys, Login& login, e2e::PasswordDeriver derive)
      : turn_(turn), account_(account), keys_(keys), login_(login), derive_(std::move(derive)) {}

  // Makes the account's keys and begins the login. The errors are those of Session.
  void begin(AccountArgs args, Done done);

 private:
  void finish(const Account::Fresh& fresh, const std::string& token, KeyAnswer& answer, const Done& done);

  Turn& turn_;
  const Account& account_;
  KeyWorker& keys_;
  Login& login_;
  const e2e::PasswordDeriver derive_;
};

}  // namespace fastchat::client
