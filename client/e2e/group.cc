#include "client/e2e/group.h"

#include <algorithm>
#include <set>
#include <utility>

#include "client/e2e/group_internal.h"
#include "client/e2e/hash.h"
#include "client/e2e/sanitise.h"
#include "client/e2e/strict.h"
#include "common/names.h"
#include "proto/content.pb.h"

namespace fastchat::e2e {
namespace {

namespace pb = v1::content;

const char* members_fault(const pb::GroupState& s) {
  if (s.members().empty() || static_cast<size_t>(s.members_size()) > kMaxGroupMembers) return "wrong number of members";
  bool admin = false;
  std::set<std::string_view> fprs;
  const std::string* before = nullptr;
  for (const pb::GroupMember& m : s.members()) {
    if (!valid_user_name(m.user()) || m.fpr().size() != kHash) return "a member is malformed";
    if (before != nullptr && *before >= m.user()) return "members are not sorted";
    if (!fprs.insert(m.fpr()).second) return "two members share a key";
    admin = admin || m.fpr() == s.admin_fpr();
    before = &m.user();
  }
  return admin ? nullptr : "the admin is not a member";
}

const char* state_fault(const pb::GroupState& s) {
  if (s.suite() != kSuite) return "made with a suite other than 1";
  if (s.group_id().size() != kHash || !count_ok(s.epoch()) || s.prev_hash().size() != kHash ||
      s.admin_fpr().size() != kHash) {
    return "a field of the group state has a wrong size";
  }
  if (!valid_group_name(s.name())) return "the group's name is not allowed";
  const bool first = s.epoch() == 1;
  if ((s.prev_hash() == Bytes(kHash, '\0')) != first) return "the previous hash is wrong";
  if (s.nonce().size() != (first ? kNonce : 0)) return "the nonce is wrong";
  if (first && s.group_id() != make_group_id(s.admin_fpr(), s.nonce())) return "the group's id is not its admin's";
  return members_fault(s);
}

// Encodes and signs a state, then parses it: a state made here passes the same field checks as a received one.
Result<GroupState> sign_state(const Identity& admin, const pb::GroupState& s) {
  if (const char* why = state_fault(s)) return bad(why);
  pb::SignedGroupState out;
  out.set_state(encode(s));
  out.set_sig(sign(admin.key(), SignType::kGroup, out.state()));
  return restore_group(encode(out), admin.fpr());
}

pb::GroupState to_pb(std::string name, std::vector<GroupMember> members, ByteView admin_fpr,
                     const PublicKey& epoch_key) {
  pb::GroupState s;
  s.set_suite(kSuite);
  s.set_admin_fpr(Bytes(admin_fpr));
  s.set_epoch_spki(epoch_key.spki());
  s.set_name(std::move(name));
  std::sort(members.begin(), members.end());
  for (GroupMember& m : members) {
    pb::GroupMember& to = *s.add_members();
    to.set_user(std::move(m.user));
    to.set_fpr(std::move(m.fpr));
  }
  return s;
}

// Returns true when a handover of the group adds a member. A handover must not add anybody, so that a newcomer can
// always check the first state against its own admin. A member or an admin with another key is the same person.
bool adds_while_handing_over(const GroupState& from, const GroupState& next) {
  if (from.admin_fpr == next.admin_fpr || from.admin_user() == next.admin_user()) return false;
  return std::any_of(next.members.begin(), next.members.end(),
                     [&from](const GroupMember& m) { return from.fpr_of(m.user) == nullptr; });
}

const char* step_fault(const GroupState& from, const GroupState& next) {
  if (next.group_id != from.group_id) return "a state of another group";
  if (next.epoch != from.epoch + 1) return "not the next epoch of the group";
  if (next.prev_hash != from.hash) return "it does not follow the state you hold";
  if (next.epoch_key.spki() == from.epoch_key.spki()) return "the epoch has no new key";
  if (adds_while_handing_over(from, next)) return "somebody was added while the group was handed over";
  return nullptr;
}

}  // namespace

const Bytes* GroupState::fpr_of(std::string_view user) const {
  const auto it = std::lower_bound(members.begin(), members.end(), user,
                                   [](const GroupMember& m, std::string_view u) { return m.user < u; });
  return it != members.end() && it->user == user ? &it->fpr : nullptr;
}

bool GroupState::lists(std::string_view user, ByteView fpr) const {
  const Bytes* listed = fpr_of(user);
  return listed != nullptr && *listed == fpr;
}

bool GroupState::lists_me(const Identity& me) const {
  const Bytes* listed = fpr_of(me.user());
  return listed != nullptr && me.find(*listed) != nullptr;
}

const std::string& GroupState::admin_user() const {
  const auto it =
      std::find_if(members.begin(), members.end(), [this](const GroupMember& m) { return m.fpr == admin_fpr; });
  FC_CHECK(it != members.end());
  return it->user;
}

Bytes epoch_fingerprint(ByteView group_id, uint64_t epoch, ByteView spki) {
  Bytes number;
  put_u64(number, epoch);
  return sha256(concat({label("epoch"), group_id, number, lp(spki)}));
}

Bytes make_group_id(ByteView admin_fpr, ByteView nonce) {
  return sha256(concat({label("group"), admin_fpr, nonce}));
}

bool valid_group_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxGroupName && sanitise_line(name) == name;
}

Result<SignedState> parse_signed_state(ByteView signed_state, ByteView signer_fpr) {
  pb::SignedGroupState outer;
  if (Result<Unit> r = parse_strict(signed_state, kMaxGroupState, outer); !r.ok()) return r.error();
  pb::GroupState s;
  if (Result<Unit> r = parse_strict(outer.state(), kMaxGroupState, s); !r.ok()) return r.error();
  if (outer.sig().size() != kRsa) return bad("the signature has a wrong size");
  if (const char* why = state_fault(s)) return bad(why);
  Result<PublicKey> key = PublicKey::from_spki(s.epoch_spki());
  if (!key.ok()) return key.error();
  std::vector<GroupMember> members;
  for (const pb::GroupMember& m : s.members()) members.push_back(GroupMember{m.user(), m.fpr()});
  GroupState state{s.group_id(),           s.epoch(), s.prev_hash(), s.admin_fpr(),         std::move(members),
                   std::move(key).value(), s.name(),  s.nonce(),     sha256(outer.state()), Bytes(signer_fpr),
                   Bytes(signed_state)};
  return SignedState{std::move(state), outer.state(), outer.sig()};
}

Result<GroupState> create_group(const Identity& admin, std::string name, std::vector<GroupMember> members,
                                const PublicKey& epoch_key, Random& random) {
  const GroupMember self{admin.user(), admin.fpr()};
  if (std::find(members.begin(), members.end(), self) == members.end()) members.push_back(self);
  if (!valid_group_name(name))
    return err(Code::kNameNotAllowed, "a group's name has 1 to 64 bytes and no control characters");
  pb::GroupState s = to_pb(std::move(name), std::move(members), admin.fpr(), epoch_key);
  s.set_nonce(random.bytes(kNonce));
  s.set_group_id(make_group_id(admin.fpr(), s.nonce()));
  s.set_epoch(1);
  s.set_prev_hash(Bytes(kHash, '\0'));
  return sign_state(admin, s);
}

GroupChange change_of(const GroupState& state) {
  return GroupChange{state.members, state.name, state.admin_fpr};
}

Result<GroupState> change_group(const Identity& admin, const GroupState& from, GroupChange change,
                                const PublicKey& epoch_key) {
  if (admin.find(from.admin_fpr) == nullptr) return err(Code::kNotAllowed, "only the admin changes a group");
  if (!valid_group_name(change.name))
    return err(Code::kNameNotAllowed, "a group's name has 1 to 64 bytes and no control characters");
  pb::GroupState s = to_pb(std::move(change.name), std::move(change.members), change.admin_fpr, epoch_key);
  s.set_group_id(from.group_id);
  s.set_epoch(from.epoch + 1);
  s.set_prev_hash(from.hash);
  Result<GroupState> next = sign_state(admin, s);
  if (!next.ok()) return next;
  if (const char* why = step_fault(from, *next)) return bad(why);
  return next;
}

Result<GroupState> follow_group(const GroupState& from, ByteView signed_state, const PeerKey& admin) {
  if (admin.fpr != from.admin_fpr) return untrusted("the key given is not the group admin's");
  return follow_group(from, signed_state, std::vector<PeerKey>{admin});
}

Result<GroupState> follow_group(const GroupState& from, ByteView signed_state, const std::vector<PeerKey>& admin_keys) {
  Result<SignedState> next = parse_signed_state(signed_state, from.admin_fpr);
  if (!next.ok()) return next.error();
  const auto signer = std::find_if(admin_keys.begin(), admin_keys.end(), [&](const PeerKey& key) {
    return verify(key.key, SignType::kGroup, next->state_bytes, next->sig);
  });
  if (signer == admin_keys.end()) return untrusted("the group's state is not signed by its admin");
  next->state.signer_fpr = signer->fpr;
  if (const char* why = step_fault(from, next->state)) return untrusted(why);
  return std::move(next->state);
}

Result<GroupState> restore_own_group(ByteView signed_state, const Identity& me) {
  Result<SignedState> s = parse_signed_state(signed_state, me.fpr());
  if (!s.ok()) return s.error();
  for (const KeyPair& key : me.keys()) {
    if (!verify(key.public_key(), SignType::kGroup, s->state_bytes, s->sig)) continue;
    s->state.signer_fpr = fingerprint(me.realm(), me.user(), key.public_key().spki());
    return std::move(s->state);
  }
  return untrusted("the group's state is not signed by you");
}

Result<GroupState> restore_group(ByteView signed_state, ByteView signer_fpr) {
  Result<SignedState> s = parse_signed_state(signed_state, signer_fpr);
  if (!s.ok()) return s.error();
  return std::move(s->state);
}

}  // namespace fastchat::e2e
