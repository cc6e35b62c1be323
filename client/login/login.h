// The login by password that is under way: its tries, and the changes that its answer makes in the profile. A login may
// make an account first (sign_up.h), or change the password once the server accepted it (password_changer.h).
// Everything is on disk before it is sent, so that the next try goes on after a crash or a lost answer. Lives on the
// session's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/account/account.h"
#include "client/account/device_secrets.h"
#include "client/account/key_worker.h"
#include "client/login/account_end.h"
#include "client/login/device_login.h"
#include "client/login/login_vault.h"
#include "client/login/password_changer.h"
#include "client/runtime/listener.h"
#include "client/runtime/server.h"
#include "client/runtime/turn.h"
#include "common/curve.h"

namespace fastchat::client {

struct LoginOptions {
  std::optional<InviteLine> invite;
  std::string device_name;
  e2e::PasswordDeriver derive;
};

class Login {
 public:
  using Done = std::function<void(const Result<>&)>;
  // A login by password that is under way.
  struct Attempt {
    Account::Fresh fresh;
    e2e::PasswordKeys keys;
    Done done;
    Bytes device{};
    e2e::Secret secret{};                       // of the device's later logins
    std::optional<core::SignUpData> sign_up{};  // until the server reports that the name is taken
    int tries = 0;                     // earlier tries: links that broke while signing up, ids of ended devices
    std::vector<e2e::Secret> forms{};  // of the password, not tried yet
    Bytes replaces{};                  // id of the device to remove
    std::optional<PasswordChanger::Change> change{};  // set when the login is for a change of the password
    bool deletes = false;                             // the login is for the end of the account
    core::LoggedIn answer{};                          // of the broker, without blobs
    bool refused = false;                             // the server refused the password: the device's secret finds out
    bool changes() const { return change || deletes; }
  };
  struct Events {
    OpenEngine open;
    // Called after a profile was made; the rooms read its data. `new_device`: a device of an account that others may
    // have written to already.
    std::function<Result<>(bool new_device)> made;
    // Called after the answer to a login, before the answer's vault changes the profile.
    std::function<void()> logging_in;
  };
  Login(Turn& turn, Server& server, store::Store& store, Account& account, DeviceSecrets& secrets, LoginVault& vault,
        KeyWorker& keys, DeviceLogin& device, PasswordChanger& changer, AccountEnd& account_end, LoginOptions options,
        Events events)
      : turn_(turn),
        server_(server),
        store_(store),
        account_(account),
        secrets_(secrets),
        vault_(vault),
        keys_(keys),
        device_(device),
        changer_(changer),
        account_end_(account_end),
        options_(std::move(options)),
        events_(std::move(events)) {}

  // Log in, or change the password. The errors are those of Session.
  void log_in(AccountArgs args, Done done);
  void log_in_replacing(const std::string& device, Done done);
  // `new_key`: the user's key changes; both passwords are the same then, and however weak the password is, it stays.
  void change_password(const e2e::Secret& old_password, const e2e::Secret& new_password, bool new_key, Done done);
  // Deletes the account. Fails with kBadCredentials, kOwnsGroups (the text has the groups), kDeviceEnded (the account
  // was deleted before), or an error of the link.
  void delete_account(const e2e::Secret& password, Done done);
  // Returns the data for a new profile, or the data of the profile that is here. Fails with kNameNotAllowed or
  // kLocalUsage.
  Result<Account::Fresh> fresh(const AccountArgs& args) const;
  // Draws the device's secret and starts the engine once the secret is on disk.
  void begin(Attempt attempt);

  // ---- the engine's ports
  void logged_in(const core::LoggedIn& in);
  void password_changed(uint64_t devices);
  void account_deleted();
  // Notes that the link was lost while signing up.
  void lost_while_signing_up();
  // Returns true when the login that ends now was part of a change of the password, or of a refused end of the account:
  // the session goes on as it was before.
  bool resumes() const { return attempt_ && attempt_->changes() && account_.unlocked() && !device_.closing(); }
  // Handles a refusal of the server. Returns true when something else is tried in place of giving up.
  bool retries(const core::LinkStatus& status);
  // Ends the login: no more tries follow.
  void ended(const Error& why);

  // Returns the server's text. For kDeviceEnded and kPasswordNeeded, returns the step that the person has to take.
  std::string text_of(const core::LinkStatus& status) const;
  const Bytes& broker_key() const { return attempt_ ? attempt_->fresh.broker_key : account_.profile().broker_key; }

 private:
  void try_password(Attempt attempt);
  core::Credentials credentials() const;
  void after_vault(const Result<bool>& taken);
  Result<> go_on_changing(const core::LoggedIn& in);
  void end(const Result<>& result);
  bool retry_lost_sign_up(const core::LinkStatus& status);
  bool retry_ended_device(const core::LinkStatus& status);
  bool retry_refused(const core::LinkStatus& status);
  bool find_out();

  Turn& turn_;
  Server& server_;
  store::Store& store_;
  Account& account_;
  DeviceSecrets& secrets_;
  LoginVault& vault_;
  KeyWorker& keys_;
  DeviceLogin& device_;
  PasswordChanger& changer_;
  AccountEnd& account_end_;
  const LoginOptions options_;
  const Events events_;
  std::optional<Attempt> attempt_;
  std::optional<Attempt> deriving_;  // while its keys are derived
  std::optional<Attempt> refused_;   // because the account has too many devices
};

}  // namespace fastchat::client
