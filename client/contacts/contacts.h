// The user's decisions about the keys of others: compares a key, and accepts or refuses another key in its place. Lives
// on the session's thread; changes join the turn.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "client/contacts/key_lookup.h"
#include "client/contacts/standing_book.h"
#include "client/runtime/listener.h"

namespace fastchat::client {

class Contacts {
 public:
  using Verified = std::function<void(const Result<VerifyInfo>&)>;
  Contacts(Turn& turn, Server& server, const Account& account, PinBook& pins, KeyLookup& look_ups,
           const StandingBook& standings, Listener& listener)
      : turn_(turn),
        server_(server),
        account_(account),
        pins_(pins),
        look_ups_(look_ups),
        standings_(standings),
        listener_(listener) {}

  // Reports the safety number with `user` from the loop. Looks the key up when it is not known. The errors are those of
  // KeyLookup::resolve().
  void verify(const std::string& user, Verified done);
  // Accepts the key that the server shows in place of the known key. Fails with kLocalDisk, kUnknownUser or
  // kNotAllowed.
  Result<> accept(const std::string& user);
  // Refuses the key that the server shows, for good. Fails as accept() does.
  Result<> keep(const std::string& user);
  // Returns everybody whose key is known, or who is accepted or blocked, in alphabetical order. Reads no disk.
  std::vector<ContactInfo> all() const;
  // Marks the key as verified: the person compared the safety number.
  Result<> mark_verified(const std::string& user);

 private:
  Result<> begin();
  // Tells the listener of a decision about the key of `user` once the decision is on disk.
  Result<> told(Result<> decided, const std::string& user);

  Turn& turn_;
  Server& server_;
  const Account& account_;
  PinBook& pins_;
  KeyLookup& look_ups_;
  const StandingBook& standings_;
  Listener& listener_;
};

}  // namespace fastchat::client
