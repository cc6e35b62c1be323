// The generator's users: names, secrets and installations that follow from a user's number, so that a later run, or
// another process, logs in as the same users without a file; and their groups, for the same reason. Pure.
#pragma once

#include <string>

#include "common/bytes.h"

namespace fastchat::bench {

// The users of a group: so many from `first` on, who is its admin.
struct Members {
  int first = 0, count = 0;
};

class Accounts {
 public:
  Accounts(std::string prefix, std::string password) : prefix_(std::move(prefix)), password_(std::move(password)) {}

  std::string name(int user) const;  // prefix and at least five digits
  Bytes auth(int user) const;        // 32 bytes, in place of what a client derives from a password
  Bytes device(int user) const;      // 16 bytes

  Bytes group_id(Members) const;          // 32 bytes
  std::string group_name(Members) const;  // in the grammar of groups' names
  // In place of a signed state, and as large. Always the same: a server that has it stores it again without a word.
  Bytes group_state(Members) const;

 private:
  std::string prefix_, password_;
};

// docs/e2e.md, "Password": what a server stores instead of `auth`. 32 bytes.
Bytes verifier_of(ByteView auth);

}  // namespace fastchat::bench
