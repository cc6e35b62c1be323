#include "client/e2e/addressed.h"

#include <algorithm>

namespace fastchat::e2e {
namespace {

Addressed needs_epoch(const char* why) {
  return {nullptr, Outcome::kNeedsEpoch, Reason::kNone, why};
}
Addressed refuse_addressed(Reason reason, const char* why) {
  return {nullptr, Outcome::kQuarantine, reason, why};
}

}  // namespace

Addressed addressed_in_group(const Identity& me, const Header& h, const Pins& pins, const Groups& groups,
                             std::optional<uint64_t> as_of) {
  const GroupState* current = groups.current(h.group_id);
  if (current == nullptr || h.epoch > current->epoch) {
    return needs_epoch("sealed for an epoch of the group that is not known here yet");
  }
  // Uses the member list that is in force now, or that was in force when the message came.
  const GroupState* then = groups.state(h.group_id, std::max(as_of.value_or(groups.settled(h.group_id)), h.epoch));
  if (then == nullptr) then = current;
  const auto lists_sender = [&](const GroupState& state) {
    const Bytes* listed = state.fpr_of(h.from_user);
    return listed != nullptr && same_holder(me, pins, h.from_user, *listed, h.id.from_fpr);
  };
  const bool sender_listed = lists_sender(*then), me_listed = then->lists_me(me);
  const EpochView at = current->epoch - h.epoch <= kEpochsKept ? groups.epoch(h.group_id, h.epoch) : EpochView{};
  if (at.state == nullptr) return refuse_addressed(Reason::kStaleEpoch, "sealed for an old epoch of the group");
  const GroupState& state = *at.state;
  if (h.group_id != state.group_id || h.state_hash != state.hash ||
      h.to_fpr != epoch_fingerprint(state.group_id, state.epoch, state.epoch_key.spki())) {
    return refuse_addressed(Reason::kWrongState, "the sender was shown another state of the group than you were");
  }
  if (!lists_sender(state) || !sender_listed) {
    return refuse_addressed(Reason::kNotMember, "the sender is not a member of the group");
  }
  if (!me_listed) return refuse_addressed(Reason::kNotMember, "you are not a member of the group");
  if (at.key == nullptr) return needs_epoch("the key of this epoch has not come yet");
  return {at.key, Outcome::kOpened, Reason::kNone, ""};
}

}  // namespace fastchat::e2e
