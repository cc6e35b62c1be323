// Requests of pages about the account: signing up, logging in, changing the password.
#pragma once

#include <string>
#include <vector>

#include "client/session/session.h"

namespace fastchat::tui {

class Accounts {
 public:
  virtual ~Accounts() = default;
  // True without a profile, unless the program was started with an invite line: the forms ask for the invite line.
  virtual bool needs_invite() const = 0;
  // The one typed before, or of a cluster in this folder; may be empty.
  virtual std::string suggested_invite() const = 0;
  virtual std::string server() const = 0;  // describe_server() of the session's server; may be empty
  virtual std::string user() const = 0;
  virtual std::string passphrase() = 0;
  // Each opens the main page, or ends in RequestFailed.
  // `token`: the invite token, for a server that asks for one; may be empty.
  virtual void sign_up(const std::string& invite, const std::string& token, const std::string& user,
                       std::string password) = 0;
  virtual void log_in(const std::string& invite, const std::string& user, std::string password) = 0;
  virtual void unlock(std::string password) = 0;
  virtual void log_in_replacing(const std::string& device) = 0;  // the last login once more; the device goes
  // The devices of which one has to go, after a login that found no room.
  virtual std::vector<client::DeviceInfo> device_choices() = 0;
  // Goes back to the main page, or ends in RequestFailed.
  virtual void change_password(std::string before, std::string next) = 0;
  // Ends the sign-up, login or change that waits for a server, which ends in RequestFailed with kOk.
  virtual void give_up() = 0;
  // Forgets the stored secrets and ends the program.
  virtual void log_out() = 0;
};

}  // namespace fastchat::tui
