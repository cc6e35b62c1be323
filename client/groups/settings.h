// Small sealed texts of a profile: drafts, what is muted. A name may end in ":" and a conversation, as people see it;
// the store knows it by the name that stays when a group is renamed. Lives on the session's thread.
#pragma once

#include <string>
#include <string_view>

#include "client/account/account.h"
#include "client/groups/group_book.h"
#include "client/runtime/turn.h"
#include "client/store/account_table.h"

namespace fastchat::client {

class Settings {
 public:
  Settings(Turn& turn, store::SettingTable& settings, const Account& account, const GroupBook& groups)
      : turn_(turn), settings_(settings), account_(account), groups_(groups) {}

  // Empty when there is none. kLocalUsage while the profile is locked, kLocalCrypto, kLocalDisk.
  Result<std::string> get(const std::string& name) const;
  // Joins the turn; an empty text removes it. Errors: those of get().
  Result<> put(const std::string& name, const std::string& text);
  // Whether there is one; also while the profile is locked. kLocalDisk.
  Result<bool> has(const std::string& name) const;

 private:
  std::string stored_name(const std::string& name) const;
  Result<std::string> read(const std::string& stored) const;

  Turn& turn_;
  store::SettingTable& settings_;
  const Account& account_;
  const GroupBook& groups_;
};

}  // namespace fastchat::client
