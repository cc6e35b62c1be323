// Group states: the members of a group and the key of its epoch, signed by the admin and chained by hash. A server can
// serve an old state but cannot make one. Pure; a GroupState exists only after its signature was verified (or was just
// made).
#pragma once

#include <string>
#include <vector>

#include "client/e2e/content.h"
#include "client/e2e/identity.h"

namespace fastchat::e2e {

struct GroupMember {
  std::string user;
  Bytes fpr;  // 32 bytes
  auto operator<=>(const GroupMember&) const = default;
};

struct GroupState {
  Bytes group_id;                    // 32 bytes
  uint64_t epoch = 0;                // from 1
  Bytes prev_hash;                   // 32 bytes
  Bytes admin_fpr;                   // 32 bytes
  std::vector<GroupMember> members;  // ascending by user
  PublicKey epoch_key;
  std::string name;
  Bytes nonce;       // 16 bytes when epoch is 1, else empty
  Bytes hash;        // 32 bytes, SHA-256 of the state's bytes
  Bytes signer_fpr;  // 32 bytes, the fingerprint of the verified signer
  Bytes encoded;     // SignedGroupState, as sent

  bool lists(std::string_view user, ByteView fpr) const;
  // Returns the fingerprint under which the state lists `user`; null when it does not.
  const Bytes* fpr_of(std::string_view user) const;
  // Returns true when the state lists this user under any of this user's keys.
  bool lists_me(const Identity& me) const;
  // Returns the admin's user name.
  const std::string& admin_user() const;
};

// Returns H(label"epoch" | group_id | u64 epoch | L(spki)), the to_fpr of a group message.
Bytes epoch_fingerprint(ByteView group_id, uint64_t epoch, ByteView spki);
// Returns H(label"group" | admin_fpr | nonce).
Bytes make_group_id(ByteView admin_fpr, ByteView nonce);

// Returns true for 1 to 64 bytes that sanitise_line() leaves alone.
bool valid_group_name(std::string_view name);

// Creates a group at epoch 1. `members` need not be sorted; the admin is added when missing. Fails with
// kNameNotAllowed, kMalformed or kTooLarge.
Result<GroupState> create_group(const Identity& admin, std::string name, std::vector<GroupMember> members,
                                const PublicKey& epoch_key, Random& random = system_random());

// The group after a change: start from change_of(state) and edit.
struct GroupChange {
  std::vector<GroupMember> members;
  std::string name;
  Bytes admin_fpr;
};
GroupChange change_of(const GroupState& state);

// Makes the next epoch, signed by the present admin (kNotAllowed for anybody else) with the admin's newest key.
// `epoch_key` is new. A change of the admin (a handover) must not add anybody.
Result<GroupState> change_group(const Identity& admin, const GroupState& from, GroupChange change,
                                const PublicKey& epoch_key);

// Verifies a state that follows `from`. `admin` is the pinned key of the admin of `from`, who must have signed. Checks
// epoch, prev_hash, group_id, the new epoch key and the handover rule. Fails with kTooLarge, kMalformed or
// kLocalUntrustedKey.
Result<GroupState> follow_group(const GroupState& from, ByteView signed_state, const PeerKey& admin);
// As above, for an admin who changed the key. `admin_keys`: the keys of that user that count now; the caller knows that
// signed changes join them to from.admin_fpr. One of them must have signed.
Result<GroupState> follow_group(const GroupState& from, ByteView signed_state, const std::vector<PeerKey>& admin_keys);

// Verifies the first state of a group that is not held here. The state must be the one that a GROUP_KEY message from
// its own admin names, must be signed by that admin, and must list `me`. `sender` is the pinned key of the sender of
// `share`.
Result<GroupState> join_group(ByteView signed_state, const KeyShare& share, const PeerKey& sender, const Identity& me);

// Parses a state that this client verified before and kept sealed (vault, disk). Does not verify the signature again.
Result<GroupState> restore_group(ByteView signed_state, ByteView signer_fpr);

// Parses a state that this user signed, perhaps with an earlier key. Fails with kLocalUntrustedKey when none of this
// user's keys signed.
Result<GroupState> restore_own_group(ByteView signed_state, const Identity& me);

// Returns the private key of `state`'s epoch from a GROUP_KEY message. `sender_fpr` must be the state's signer or its
// admin. `share` must name this group, epoch and state hash, its key must match epoch_key, and `state` must list `me`.
Result<KeyPair> accept_group_key(const GroupState& state, const KeyShare& share, ByteView sender_fpr,
                                 const Identity& me);
KeyShare make_group_key(const GroupState& state, const KeyPair& epoch_pair);

}  // namespace fastchat::e2e
