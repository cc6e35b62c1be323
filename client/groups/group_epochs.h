// The epochs of groups on disk: states unsealed, private keys sealed for this device. Lives on the session's thread;
// writes join the turn.
#pragma once

#include <cstdint>

#include "client/account/account.h"
#include "client/e2e/group.h"
#include "client/runtime/turn.h"
#include "client/store/group_table.h"

namespace fastchat::client {

class GroupEpochs {
 public:
  GroupEpochs(Turn& turn, store::GroupTable& groups, const Account& account)
      : turn_(turn), groups_(groups), account_(account) {}

  // Returns the PKCS#8 of an epoch's key. kLocalCrypto when there is none, or it was not sealed by this device;
  // kLocalDisk.
  Result<e2e::Secret> key(const Bytes& group, uint64_t epoch) const;
  // Writes an epoch. `pkcs8`: empty while the key is not known. Removes epochs that are too old to be read. Returns
  // false when the turn failed.
  bool put(const e2e::GroupState& state, ByteView pkcs8);
  // Writes the key of an epoch that is on disk.
  bool put_key(const Bytes& group, uint64_t epoch, ByteView pkcs8);

 private:
  Bytes seal(const Bytes& group, uint64_t epoch, ByteView pkcs8) const;

  Turn& turn_;
  store::GroupTable& groups_;
  const Account& account_;
};

}  // namespace fastchat::client
