// Requests about keys of other people, and about quarantined messages.
#pragma once

#include <string>
#include <vector>

#include "client/session/session.h"

namespace fastchat::tui {

class Contacts {
 public:
  virtual ~Contacts() = default;
  // Returns everybody whose key is known here.
  virtual std::vector<client::ContactInfo> list() = 0;
  virtual void verify(const std::string& user) = 0;  // the answer is KeyShown
  // Each shows its result on the status line. KeyShown follows after success.
  virtual void accept_key(const std::string& user) = 0;
  virtual void keep_key(const std::string& user) = 0;
  virtual void mark_verified(const std::string& user) = 0;
  virtual std::vector<store::QuarantineEntry> quarantine() = 0;
};

}  // namespace fastchat::tui
