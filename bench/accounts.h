// The generator's users and groups. Names, secrets and installations follow from a user's number, and groups from their
// members, so that a later run, or another process, uses the same ones without a file. Pure.
#pragma once

#include <string>

#include "common/bytes.h"

namespace fastchat::bench {

// The users of a group: `count` users from `first` on. `first` is the group's admin.
struct Members {
  int first = 0, count = 0;
};

class Accounts {
 public:
  Accounts(std::string prefix, std::string password) : prefix_(std::move(prefix)), password_(std::move(password)) {}

  std::string name(int user) const;  // prefix and at least five digits
  Bytes auth(int user) const;        // 32 bytes, instead of a client's derivation from a password
  Bytes device(int user) const;      // 16 bytes

  Bytes group_id(Members) const;          // 32 bytes
  std::string group_name(Members) const;  // in the grammar of groups' names
  // Returns bytes in place of a signed state, of the same size. Always the same: a server that has the state accepts it
  // again.
  Bytes group_state(Members) const;

 private:
  std::string prefix_, password_;
};

// Returns the 32 bytes that a server stores instead of `auth` (docs/e2e.md, "Password").
Bytes verifier_of(ByteView auth);

}  // namespace fastchat::bench
