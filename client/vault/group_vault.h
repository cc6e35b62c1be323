// Groups in the vault: the current and the previous epoch of each group this user is in, so that another terminal has
// them without asking. Lives on the session's thread; writes join the turn.
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
  // Bytes of states of strangers' groups that go into the vault: a new terminal has these groups at once. Whoever makes
  // more of them fills nothing but this room; a terminal asks others for the keys of the rest.
  static constexpr size_t kStrangersRoom = 64 * 1024;
  // Does what follows from a new state or key of a group; false when the turn failed.
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

  // Puts this device's groups in place of those of `out`.
  void write(e2e::VaultContent& out) const;
  // A group that is new here is taken as it stands. Of one that is known only keys are taken: its states are followed
  // in the order of this device's own queue. Answers whether this device has something that the vault lacks.
  // kLocalCrypto, kLocalDisk.
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
