// The user's decisions about keys of others: compares a key, accepts or refuses another key in its place. Lives on the
// session's thread; changes join the turn.
#pragma once

#include <functional>
#include <string>

#include "client/contacts/key_lookup.h"
#include "client/runtime/listener.h"

namespace fastchat::client {

class Contacts {
 public:
  using Verified = std::function<void(const Result<VerifyInfo>&)>;
  Contacts(Turn& turn, Server& server, const Account& account, PinBook& pins, KeyLookup& look_ups)
      : turn_(turn), server_(server), account_(account), pins_(pins), look_ups_(look_ups) {}

  // The safety number with `user`, whose key is looked up when it is not known. From the loop. The errors are those of
  // KeyLookup::resolve().
  void verify(const std::string& user, Verified done);
  // Takes the key that the server shows in place of the known one, or refuses it for good. kLocalDisk, kUnknownUser,
  // kNotAllowed.
  Result<> accept(const std::string& user);
  Result<> keep(const std::string& user);
  // The person compared the safety number.
  Result<> mark_verified(const std::string& user);

 private:
  Result<> begin();

  Turn& turn_;
  Server& server_;
  const Account& account_;
  PinBook& pins_;
  KeyLookup& look_ups_;
};

}  // namespace fastchat::client
