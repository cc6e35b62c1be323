#include "client/vault/group_vault.h"

#include <algorithm>
#include <vector>

#include "client/account/vault_budget.h"

namespace fastchat::client {

// Returns true for a group of an admin with neither an accepted nor a verified key, when this user never wrote to the
// admin or in the group. Anybody can make such groups.
bool GroupVault::is_strangers(const GroupInfo& group) const {
  if (group.admin_is_me) return false;
  const Pin* admin = pins_.get(group.admin);
  if (admin != nullptr && admin->trust != Trust::kFirstContact) return false;
  Result<bool> here = messages_.wrote_in(store::ConversationId::group(group.id));
  Result<bool> there = messages_.wrote_in(store::ConversationId::direct(group.admin));
  return here.ok() && there.ok() && !*here && !*there;
}

// Returns the groups that the vault has room for when the groups `there` are in it. A group that another device kept
// stays.
std::set<Bytes> GroupVault::fitting(const std::set<Bytes>& there) const {
  std::set<Bytes> kept;
  std::vector<std::pair<Bytes, size_t>> others;
  size_t room = kStrangersRoom;
  for (const GroupInfo& info : groups_.all()) {
    const e2e::GroupState* now = groups_.current(info.id);
    if (!info.member || now == nullptr) continue;
    const bool strangers = is_strangers(info);
    if (strangers && !there.contains(info.id)) {
      others.emplace_back(info.id, now->encoded.size());
      continue;
    }
    kept.insert(info.id);
    if (strangers) room -= std::min(room, now->encoded.size());
  }
  for (const auto& [id, size] : others) {
    if (size > room) continue;
    room -= size;
    kept.insert(id);
  }
  return kept;
}

void GroupVault::write(e2e::VaultContent& out) const {
  std::set<Bytes> there;
  for (const v1::content::VaultGroup& group : out.groups()) {
    Result<e2e::GroupState> state = e2e::restore_group(group.state(), group.signer_fpr());
    if (state.ok()) there.insert(state->group_id);
  }
  out.clear_groups();
  const std::set<Bytes> kept = fitting(there);
  for (const GroupInfo& info : groups_.all()) {
    const e2e::GroupState* now = groups_.current(info.id);
    if (!kept.contains(info.id)) continue;
    v1::content::VaultGroup& to = *out.add_groups();
    to.set_state(now->encoded);
    to.set_signer_fpr(now->signer_fpr);
    const auto key_of = [&](uint64_t epoch, std::string* field) {
      if (!groups_.has_key(info.id, epoch)) return;
      Result<e2e::Secret> pkcs8 = epochs_.key(info.id, epoch);
      if (pkcs8.ok()) *field = Bytes(pkcs8->view());
    };
    key_of(info.epoch, to.mutable_pkcs8());
    const e2e::GroupState* previous = groups_.state(info.id, info.epoch - 1);
    if (previous == nullptr) continue;
    to.set_previous_state(previous->encoded);
    key_of(info.epoch - 1, to.mutable_previous_pkcs8());
  }
}

Result<bool> GroupVault::merge(const e2e::VaultContent& in) {
  std::set<Bytes> there;
  bool ours_is_more = false;
  for (const v1::content::VaultGroup& group : in.groups()) {
    Result<e2e::GroupState> state = e2e::restore_group(group.state(), group.signer_fpr());
    if (!state.ok()) return err(Code::kLocalCrypto, "the vault holds an invalid group");
    const Bytes id = state->group_id;
    there.insert(id);
    const e2e::GroupState* ours = groups_.current(id);
    if (ours == nullptr) {
      if (!adopt(group)) return *turn_.error();
      continue;
    }
    ours_is_more |= ours->epoch > state->epoch || (group.pkcs8().empty() && groups_.has_key(id, state->epoch));
    if (state->epoch > ours->epoch) follower_.changed(id, state->epoch);
    if (!group.pkcs8().empty() && !groups_.has_key(id, state->epoch)) {
      follower_.add_key_share_of_vault({{id, state->epoch, state->hash, e2e::Secret::copy_of(group.pkcs8())},
                                        account_.profile().user,
                                        state->signer_fpr});
      if (groups_.state(id, state->epoch) != nullptr && !moved_(id)) return *turn_.error();
    }
  }
  if (!may_be_cut(in)) {
    for (const Bytes& id : fitting(there)) ours_is_more |= !there.contains(id);
  }
  return ours_is_more;
}

bool GroupVault::adopt(const v1::content::VaultGroup& group) {
  if (!group.previous_state().empty()) {
    // The vault does not name the signer of the previous state: zeros stand for it. The vault holds that state's key,
    // so nobody is asked for the key because of that signer.
    Result<e2e::GroupState> before = e2e::restore_group(group.previous_state(), Bytes(32, '\0'));
    if (before.ok()) {
      if (!epochs_.put(*before, group.previous_pkcs8())) return false;
      groups_.adopt(std::move(*before), std::nullopt, !group.previous_pkcs8().empty());
    }
  }
  Result<e2e::GroupState> state = e2e::restore_group(group.state(), group.signer_fpr());
  const Bytes id = state->group_id;
  if (!epochs_.put(*state, group.pkcs8())) return false;
  groups_.adopt(std::move(*state), std::nullopt, !group.pkcs8().empty());
  // The book learns of a change of this user's own key later in this turn.
  if (groups_.membership(id) == Membership::kRemoved && groups_.current(id)->lists_me(account_.secrets().identity)) {
    groups_.set_membership(id, Membership::kMember);
  }
  return moved_(id);
}

}  // namespace fastchat::client
