// Logs an unlocked profile in with the secrets of this device, without a person. A profile of an earlier version has
// the proof of its password in place of a secret, and shows the proof once more. Lives on the session's thread.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "client/account/account.h"
#include "client/account/device_secrets.h"
#include "client/core/types.h"
#include "client/login/account_end.h"
#include "client/runtime/server.h"
#include "client/runtime/turn.h"

namespace fastchat::client {

// Makes the engine for this server, and restores in it the work that the last run left.
using OpenEngine =
    std::function<void(const Bytes& realm, const Bytes& broker_key, const std::vector<std::string>& endpoints)>;

class DeviceLogin {
 public:
  // Reports that no more tries follow, with the reason.
  using Ended = std::function<void(const core::LinkStatus&)>;
  DeviceLogin(Turn& turn, Server& server, Account& account, DeviceSecrets& secrets, const AccountEnd& account_end,
              OpenEngine open, Ended ended)
      : turn_(turn),
        server_(server),
        account_(account),
        secrets_(secrets),
        account_end_(account_end),
        open_(std::move(open)),
        ended_(std::move(ended)) {}

  // Starts the login of an unlocked profile.
  void start();
  // Starts again after a change of the password that failed, unless the session ends.
  void resume();
  // Notes that the session ends in order.
  void close() { closing_ = true; }
  bool closing() const { return closing_; }

  // Returns the credentials that start() shows the broker. May draw a secret, which joins the turn. Fails with
  // kPasswordNeeded when there are no secrets, and with kDeviceEnded, kLocalCrypto or kLocalDisk.
  Result<core::Credentials> credentials();

 private:
  void end(const Error& why);

  Turn& turn_;
  Server& server_;
  Account& account_;
  DeviceSecrets& secrets_;
  const AccountEnd& account_end_;
  const OpenEngine open_;
  const Ended ended_;
  bool closing_ = false;
};

}  // namespace fastchat::client
