// Holds the password of each person of the whole sessions, and judges the effects of a change. A device that was told
// of a change may rely on it, the account opens by the present password and by no other, and no device stays at which
// nobody typed it. The database decides which password is the present one. Throws Violation.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "client/e2e/password.h"
#include "tests/sim/passwords.h"

namespace fastchat::sim {

class TypedPasswords {
 public:
  TypedPasswords(const Passwords& servers, const test::MemoryDb& db) : servers_(servers), db_(db) {}

  // Derives with little memory, so that a schedule takes a second.
  static Result<e2e::PasswordKeys> derive(std::string_view password, ByteView realm, std::string_view user);
  // Returns the present password; before there is an account, the first one.
  std::string of(const std::string& user) const;
  // Draws another password, which nobody had yet.
  std::string draw(const std::string& user);
  // Returns the number of changes in the database.
  int changes(const std::string& user) const { return servers_.changes(user); }
  // Returns true when the database has no secret of this device, so the device has to show the password.
  bool needed(const std::string& user, const Bytes& device) const { return servers_.needed(user, device); }
  // Notes that a person types it at a device, to log in or as the new one.
  void typed(int device, const std::string& password) { typed_[device].insert(password); }
  // Notes that a device asks the server to change the password to this one.
  void asks(int device, const std::string& password);
  // Returns true when the password that holds is of an earlier change of this device than its last one. The device has
  // the vault key of the last one alone.
  bool replaced(int device, const std::string& user) const;
  // Checks a device's report that the change to this password was made.
  void told(const std::string& user, const std::string& password) const;

  // ---- the end
  // Checks a device of the user that is live.
  void check_live(int device, const std::string& user) const;
  void check_accounts() const;

 private:
  const Passwords& servers_;
  const test::MemoryDb& db_;
  std::map<std::pair<std::string, Bytes>, std::string> drawn_;  // by user and verifier
  std::map<int, std::set<std::string>> typed_;
  std::map<int, std::vector<std::string>> asked_;  // by device, in order
};

}  // namespace fastchat::sim
