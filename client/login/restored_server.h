// Finds the users and groups that a server restored from a backup has lost, and adds notices for the person. Lives on
// the session's thread; notices join the turn.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "client/contacts/pin_book.h"
#include "client/messages/notices.h"
#include "client/runtime/server.h"

namespace fastchat::client {

class RestoredServer {
 public:
  RestoredServer(Server& server, const PinBook& pins, const GroupBook& groups, Notices& notices)
      : server_(server), pins_(pins), groups_(groups), notices_(notices) {}

  // Remembers the groups as the profile has them, before the server is asked about any.
  void before_login() { groups_before_ = groups_.all(); }
  // Adds a notice after this device replaced an older vault of the server. Asks the server for the users and groups
  // that the profile knows. Both numbers are versions of the vault.
  void on_restored(uint64_t server, uint64_t ours);

 private:
  void ask_users(std::vector<std::string> names);
  void ask_groups();

  Server& server_;
  const PinBook& pins_;
  const GroupBook& groups_;
  Notices& notices_;
  std::vector<GroupInfo> groups_before_;
};

}  // namespace fastchat::client
