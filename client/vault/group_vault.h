// The groups in the vault: the current and the previous epoch of each group that this user is in, so that another
// terminal has the groups without asking. Lives on the session's thread; writes join the turn.
#pragma once

#include <functional>
#include <set>
#include <utility>

#include "client/contacts/pin_book.h"
#include "client/e2e/vault.h"
#include "client/groups/group_epochs.h"
#include "client/groups/group_follower.h"
#include "client/runtime/turn.h"
#include "client/store/message_table.h"

namespace fastchat::client {

class GroupVault {
 public:
  // Bytes of the vault for the states of strangers' groups. A new terminal has these groups at once. A stranger who
  // makes more groups fills only this room. A terminal asks others for the keys of the rest.
  static constexpr size_t kStrangersRoom = 64 * 1024;
  // Handles a new state or key of a group. Returns false when the turn failed.
  using Moved = std::function<bool(const Bytes& group)>;
  GroupVault(Turn& turn, store::MessageTable& messages, const Account& account, const PinBook& pins,
             GroupFollower& follower, GroupEpochs& epochs, Moved moved)
      : turn_(turn),
        messages_(messages),
        account_(account),
        pins_(pins),
        follower_(follower),
        groups_(follower.book()),
        epochs_(epochs),
        moved_(std::move(moved)) {}

  // Replaces the groups of `out` with this device's groups.
  void write(e2e::VaultContent& out) const;
  // Merges the groups of the vault. Takes a group that is new here as it stands. Takes only keys of a known group: its
  // states come in the order of this device's own queue. Returns true when this device has something that the vault
  // lacks. Fails with kLocalCrypto or kLocalDisk.
  Result<bool> merge(const e2e::VaultContent& in);

 private:
  bool is_strangers(const GroupInfo& group) const;
  std::set<Bytes> fitting(const std::set<Bytes>& there) const;
  bool adopt(const v1::content::VaultGroup& group);

  Turn& turn_;
  store::MessageTable& messages_;
  const Account& account_;
  const PinBook& pins_;
  GroupFollower& follower_;
  GroupBook& groups_;
  GroupEpochs& epochs_;
  const Moved moved_;
};

}  // namespace fastchat::client
