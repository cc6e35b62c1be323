// Requests about the account: signing up, logging in, its password.
#pragma once

#include <string>
#include <vector>

#include "client/session/session.h"

namespace fastchat::tui {

class Accounts {
 public:
  virtual ~Accounts() = default;
  virtual bool needs_invite() const = 0;
  virtual std::string suggested_invite() const = 0;  // of a cluster in this folder; may be empty
  virtual std::string server() const = 0;            // describe_server() of the one it talks to; may be empty
  virtual std::string user() const = 0;
  virtual std::string passphrase() = 0;
  // Each ends in a page (the main page), or in RequestFailed.
  virtual void sign_up(const std::string& invite, const std::string& user, std::string password) = 0;
  virtual void log_in(const std::string& invite, const std::string& user, std::string password) = 0;
  virtual void unlock(std::string password) = 0;
  virtual void change_password(std::string before, std::string next) = 0;
  // The devices of which one has to go, after a log-in that found no room; and that log-in once more.
  virtual std::vector<client::DeviceInfo> device_choices() = 0;
  virtual void log_in_replacing(const std::string& device) = 0;
  virtual void log_out() = 0;
};

}  // namespace fastchat::tui
