// Plans a change of a group from the book, decides who gets the key of an epoch, and describes steps and memberships
// for a person. Pure functions over a GroupBook.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/groups/group_book.h"
#include "client/runtime/peer_name.h"

namespace fastchat::client {

// The group after a change.
struct GroupPlan {
  std::vector<std::string> members;  // ascending
  std::string name, admin;
};
// Returns the group after `edit`. kNotAllowed: this user is not the admin. kLocalUsage: the edit makes no sense.
// kNameNotAllowed: the new name is not valid. kUnknownUser: an added name is not valid. `lenient` leaves out the parts
// of the edit that are in effect already; nullopt when nothing is left (another device made the change first).
Result<std::optional<GroupPlan>> plan_change(const GroupBook& book, ByteView id, const GroupEdit& edit, bool lenient);

// Returns true when `user`, who asked, may get the key of `epoch`: this user is a member, has the key, is the admin or
// the signer of `epoch`, and both `epoch` and the newest epoch list `user`. `pins` (may be null) knows the keys that
// `user`, who asked with the key `fpr`, had before.
bool may_give_key(const GroupBook& book, ByteView id, uint64_t epoch, std::string_view user, ByteView fpr,
                  const e2e::Pins* pins = nullptr);
// Returns true when the newest state lists a member under a key that the member had before: the admin makes an epoch
// with the present keys.
bool lists_former_keys(const GroupBook& book, ByteView id, const e2e::Pins& pins);

// Describes the step from `before` (null: this user joined) to `after` for a person: "alice added bob", one line each.
std::vector<std::string> describe_step(const e2e::GroupState* before, const e2e::GroupState& after,
                                       const std::string& me);
std::string describe_membership(Membership membership);
// Returns the text for a person who writes to a group without being a member any more.
std::string not_a_member(const PeerName& group);

// Encodes a change for storage until it is made.
std::string encode_edit(const GroupEdit& edit);
GroupEdit decode_edit(std::string_view text);

}  // namespace fastchat::client
