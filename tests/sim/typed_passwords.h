// Knows which password each person of the whole sessions has, and judges what a change of it did: who is told that it
// was made may rely on that, the account opens by the password that holds and by no other, and no device stays that
// nobody typed it at. The database says which one holds. Throws Violation.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>

#include "client/e2e/password.h"
#include "tests/sim/passwords.h"

namespace fastchat::sim {

class TypedPasswords {
 public:
  TypedPasswords(const Passwords& servers, const test::MemoryDb& db) : servers_(servers), db_(db) {}

  // With little memory, so that a schedule takes a second.
  static Result<e2e::PasswordKeys> derive(std::string_view password, ByteView realm, std::string_view user);
  // The password that holds now; before there is an account, the first one.
  std::string of(const std::string& user) const;
  // Another password, which nobody had yet.
  std::string draw(const std::string& user);
  // How often the database changed it.
  int changes(const std::string& user) const { return servers_.changes(user); }
  // A person types it at a device, to log in or as the new one.
  void typed(int device, const std::string& password) { typed_[device].insert(password); }
  // A device says that the change to this password was made.
  void told(const std::string& user, const std::string& password) const;

  // ---- the end
  // A device of the user that is live.
  void check_live(int device, const std::string& user) const;
  void check_accounts() const;

 private:
  const Passwords& servers_;
  const test::MemoryDb& db_;
  std::map<std::pair<std::string, Bytes>, std::string> drawn_;  // by user and verifier
  std::map<int, std::set<std::string>> typed_;
};

}  // namespace fastchat::sim
