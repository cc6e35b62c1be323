// Group states: who belongs, which key the epoch has, signed by the admin and chained by hash. A server can serve an
// old state but cannot make one. Pure; a GroupState exists only after its signature was verified (or was just made).
#pragma once

#include <string>
#include <vector>

#include "client/e2e/content.h"
#include "client/e2e/identity.h"

namespace fastchat::e2e {

struct GroupMember {
  std::string user;
  Bytes fpr;  // 32
  auto operator<=>(const GroupMember&) const = default;
};

struct GroupState {
  Bytes group_id;                    // 32
  uint64_t epoch = 0;                // from 1
  Bytes prev_hash;                   // 32
  Bytes admin_fpr;                   // 32
  std::vector<GroupMember> members;  // ascending by user
  PublicKey epoch_key;
  std::string name;
  Bytes nonce;       // 16 when epoch is 1, else empty
  Bytes hash;        // 32, SHA-256 of the state's bytes
  Bytes signer_fpr;  // 32, whose signature was verified
  Bytes encoded;     // SignedGroupState, as it travels

  bool lists(std::string_view user, ByteView fpr) const;
  // The admin's user name.
  const std::string& admin_user() const;
};

// H(label"epoch" | group_id | u64 epoch | L(spki)): the to_fpr of a group message.
Bytes epoch_fingerprint(ByteView group_id, uint64_t epoch, ByteView spki);
// H(label"group" | admin_fpr | nonce).
Bytes make_group_id(ByteView admin_fpr, ByteView nonce);

// True for 1 to 64 bytes that sanitise_line() leaves alone.
bool valid_group_name(std::string_view name);

// Epoch 1. `members` need not be sorted; the admin is added when missing. kUsage-like errors: kNameNotAllowed,
// kMalformed, kTooLarge.
Result<GroupState> create_group(const Identity& admin, std::string name, std::vector<GroupMember> members,
                                const PublicKey& epoch_key, Random& random = system_random());

// The group after a change: start from change_of(state) and edit.
struct GroupChange {
  std::vector<GroupMember> members;
  std::string name;
  Bytes admin_fpr;
};
GroupChange change_of(const GroupState& state);

// The next epoch, signed by the present admin (kNotAllowed for anybody else). `epoch_key` is new. When admin_fpr
// changes (handing over), nobody may be added in the same change.
Result<GroupState> change_group(const Identity& admin, const GroupState& from, GroupChange change,
                                const PublicKey& epoch_key);

// A state that follows one we hold. `admin` is the pinned key of the admin of `from`, who must have signed. Checks
// epoch, prev_hash, group_id, a new epoch key, the handing-over rule. kMalformed or kLocalUntrustedKey.
Result<GroupState> follow_group(const GroupState& from, ByteView signed_state, const PeerKey& admin);

// A group we hold nothing of: the state must be the one that a GROUP_KEY message from its own admin names, signed by
// that admin, and list us. `sender` is the pinned key of who sent `note`.
Result<GroupState> join_group(ByteView signed_state, const KeyShare& share, const PeerKey& sender, const Identity& me);

// A state this client verified before and kept sealed (vault, disk): parsed again, its signature not asked for.
Result<GroupState> restore_group(ByteView signed_state, ByteView signer_fpr);

// The private key of `state`'s epoch, from a GROUP_KEY note. `sender_fpr` must be the state's signer or its admin, the
// note must name this group, epoch and state hash, the key must match epoch_key, and we must be listed.
Result<KeyPair> accept_group_key(const GroupState& state, const KeyShare& share, ByteView sender_fpr,
                                 const Identity& me);
KeyShare make_group_key(const GroupState& state, const KeyPair& epoch_pair);

}  // namespace fastchat::e2e
