// Epoch keys: joining a group with a key and accepting a key (group.h).
#include <utility>

#include "client/e2e/group.h"
#include "client/e2e/group_internal.h"
#include "client/e2e/strict.h"

namespace fastchat::e2e {
namespace {

bool names(const KeyShare& share, const GroupState& state) {
  return share.group_id == state.group_id && share.epoch == state.epoch && share.state_hash == state.hash;
}

}  // namespace

Result<GroupState> join_group(ByteView signed_state, const KeyShare& share, const PeerKey& sender, const Identity& me) {
  Result<SignedState> s = parse_signed_state(signed_state, sender.fpr);
  if (!s.ok()) return s.error();
  if (!names(share, s->state)) return untrusted("the group's state is not the one its admin named");
  if (s->state.admin_fpr != sender.fpr || !s->state.lists(sender.user, sender.fpr)) {
    return untrusted("the invitation does not come from the group's admin");
  }
  if (!verify(sender.key, SignType::kGroup, s->state_bytes, s->sig)) {
    return untrusted("the group's state is not signed by its admin");
  }
  if (!s->state.lists_me(me)) return untrusted("the group's state does not list you");
  return std::move(s->state);
}

Result<KeyPair> accept_group_key(const GroupState& state, const KeyShare& share, ByteView sender_fpr,
                                 const Identity& me) {
  if (sender_fpr != state.signer_fpr && sender_fpr != state.admin_fpr) {
    return untrusted("a group key from somebody who is not the group's admin");
  }
  if (!names(share, state)) return untrusted("a group key for another state of the group");
  if (!state.lists_me(me)) return untrusted("a group key for a group that does not list you");
  Result<KeyPair> pair = KeyPair::from_pkcs8(share.pkcs8.view());
  if (!pair.ok()) return pair;
  if (pair->public_key().spki() != state.epoch_key.spki()) return untrusted("the group key does not match the epoch");
  return pair;
}

KeyShare make_group_key(const GroupState& state, const KeyPair& epoch_pair) {
  FC_CHECK(epoch_pair.public_key().spki() == state.epoch_key.spki());
  return KeyShare{state.group_id, state.epoch, state.hash, epoch_pair.pkcs8()};
}

}  // namespace fastchat::e2e
