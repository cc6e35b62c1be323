// Small sealed texts of a profile: drafts, muted conversations. A name may end in ":" and a conversation, as people see
// it. The store uses a name that stays when a group is renamed. Lives on the session's thread.
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

  // Returns the text; empty when there is none. Fails with kLocalUsage while the profile is locked, kLocalCrypto,
  // kLocalDisk.
  Result<std::string> get(const std::string& name) const;
  // Writes the text in the turn; an empty text removes the setting. Errors: those of get().
  Result<> put(const std::string& name, const std::string& text);
  // Returns true when the setting exists; also while the profile is locked. Fails with kLocalDisk.
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
