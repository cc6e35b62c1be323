#include "client/groups/group_epochs.h"

namespace fastchat::client {

Bytes GroupEpochs::seal(const Bytes& group, uint64_t epoch, ByteView pkcs8) const {
  return account_.box().seal(LocalPlace::epoch_key(group, epoch), pkcs8);
}

Result<e2e::Secret> GroupEpochs::key(const Bytes& group, uint64_t epoch) const {
  Result<Bytes> sealed = groups_.key(group, epoch);
  if (!sealed.ok()) return sealed.error();
  return account_.box().open(LocalPlace::epoch_key(group, epoch), *sealed);
}

bool GroupEpochs::put(const e2e::GroupState& state, ByteView pkcs8) {
  const Bytes sealed = pkcs8.empty() ? Bytes() : seal(state.group_id, state.epoch, pkcs8);
  const store::GroupEpochRow row{state.group_id, state.epoch, state.encoded, state.signer_fpr, sealed};
  if (!turn_.check(groups_.put_epoch(row))) return false;
  if (state.epoch <= e2e::kEpochsKept) return true;
  return turn_.check(groups_.drop_epochs(state.group_id, state.epoch - e2e::kEpochsKept));
}

bool GroupEpochs::put_key(const Bytes& group, uint64_t epoch, ByteView pkcs8) {
  return turn_.check(groups_.put_key(group, epoch, seal(group, epoch, pkcs8)));
}

}  // namespace fastchat::client
