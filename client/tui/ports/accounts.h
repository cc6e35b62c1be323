// Requests of pages about the account: signing up, logging in, changing the password, deleting the account.
#pragma once

#include <string>
#include <vector>

#include "client/session/session.h"

namespace fastchat::tui {

class Accounts {
 public:
  virtual ~Accounts() = default;
  // Returns true when the forms ask for the invite line: without a profile, unless the program was started with an
  // invite line.
  virtual bool needs_invite() const = 0;
  // Returns the invite line typed before, or that of a cluster in this folder; may be empty.
  virtual std::string suggested_invite() const = 0;
  virtual std::string server() const = 0;  // describe_server() of the session's server; may be empty
  virtual std::string user() const = 0;
  virtual std::string passphrase() = 0;
  // sign_up(), log_in(), unlock() and log_in_replacing() open the main page, or end in RequestFailed.
  // `token`: the invite token, for a server that asks for one; may be empty.
  virtual void sign_up(const std::string& invite, const std::string& token, const std::string& user,
                       std::string password) = 0;
  virtual void log_in(const std::string& invite, const std::string& user, std::string password) = 0;
  virtual void unlock(std::string password) = 0;
  virtual void log_in_replacing(const std::string& device) = 0;  // repeats the last login and removes the device
  // Returns the devices of which one has to go, after a login that failed with kTooManyDevices.
  virtual std::vector<client::DeviceInfo> device_choices() = 0;
  // Changes the password. Goes back to the main page, or ends in RequestFailed.
  virtual void change_password(std::string before, std::string next) = 0;
  // Makes a new key for the account; the password stays. Goes back to the main page, or ends in RequestFailed.
  virtual void rekey(std::string password) = 0;
  // Deletes the account. Goes back to the main page, or ends in RequestFailed.
  virtual void delete_account(std::string password) = 0;
  // Cancels the sign-up, login or change that waits for a server. The request ends in RequestFailed with kOk.
  virtual void give_up() = 0;
  // Forgets the stored secrets and ends the program.
  virtual void log_out() = 0;
};

}  // namespace fastchat::tui
