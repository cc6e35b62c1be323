// Logs an unlocked profile in by the secrets of this device, without a person. A profile of a version before has the
// proof of its password in place of a secret, and shows it once more. Lives on the session's thread.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "client/account/account.h"
#include "client/account/device_secrets.h"
#include "client/core/types.h"
#include "client/runtime/server.h"
#include "client/runtime/turn.h"

namespace fastchat::client {

// Makes the engine for this server, and gives it what the last run left.
using OpenEngine =
    std::function<void(const Bytes& realm, const Bytes& broker_key, const std::vector<std::string>& endpoints)>;

class DeviceLogin {
 public:
  // Nothing is tried any more, for this reason.
  using Ended = std::function<void(const core::LinkStatus&)>;
  DeviceLogin(Turn& turn, Server& server, Account& account, DeviceSecrets& secrets, OpenEngine open, Ended ended)
      : turn_(turn),
        server_(server),
        account_(account),
        secrets_(secrets),
        open_(std::move(open)),
        ended_(std::move(ended)) {}

  // Of an unlocked profile.
  void start();
  // Starts again after a change of the password that failed, unless the session ends.
  void resume();
  // The session ends in order.
  void close() { closing_ = true; }
  bool closing() const { return closing_; }

  // The secrets that start() shows the broker. May draw a secret, which joins the turn. kPasswordNeeded: there are no
  // secrets; kDeviceEnded, kLocalCrypto, kLocalDisk.
  Result<core::Credentials> credentials();

 private:
  void end(const Error& why);

  Turn& turn_;
  Server& server_;
  Account& account_;
  DeviceSecrets& secrets_;
  const OpenEngine open_;
  const Ended ended_;
  bool closing_ = false;
};

}  // namespace fastchat::client
