// States of groups, as servers send them and as they lie on disk. The first byte: 0 takes the rest as a signed state;
// any other value takes it as the state inside, with a signature of the right size that nobody made. An accepted state
// keeps the rules of docs/e2e.md, section 7, and encodes to the same bytes. No unsigned state is followed or joined.
#include "client/e2e/group.h"

#include <algorithm>

#include "client/e2e/sanitise.h"
#include "client/e2e/strict.h"
#include "common/names.h"
#include "proto/content.pb.h"
#include "tests/e2e/people.h"
#include "tests/fuzz/fuzz.h"

namespace fastchat::fuzz {
namespace {

namespace pb = v1::content;
using namespace e2e;

void check_state(const GroupState& s, ByteView bytes) {
  FC_CHECK(s.encoded == bytes && s.epoch >= 1 && s.epoch <= kMaxCount);
  FC_CHECK(sanitise_line(s.name) == s.name && !s.name.empty() && s.name.size() <= 64);
  FC_CHECK(!s.members.empty() && s.members.size() <= kMaxGroupMembers);
  FC_CHECK(std::is_sorted(s.members.begin(), s.members.end()));
  for (const GroupMember& m : s.members) FC_CHECK(valid_user_name(m.user) && s.lists(m.user, m.fpr));
  FC_CHECK(s.lists(s.admin_user(), s.admin_fpr));
  if (s.epoch == 1) FC_CHECK(s.group_id == make_group_id(s.admin_fpr, s.nonce));
}

struct World {
  Identity alice = tests::alice(), bob = tests::bob();
  GroupState first = create_group(alice, "team", {{"bob", bob.fpr()}}, tests::test_key(4).public_key()).value();
};

}  // namespace
}  // namespace fastchat::fuzz

FC_FUZZ(group_state) {
  static const World world;  // never changed
  if (input.empty()) return;
  Bytes bytes(input.substr(1));
  if (input[0] != 0) {
    pb::SignedGroupState outer;
    outer.set_state(bytes);
    outer.set_sig(Bytes(384, 's'));
    bytes = encode(outer);
  }
  const auto got = restore_group(bytes, world.alice.fpr());
  if (!got.ok()) return;
  check_state(*got, bytes);
  FC_CHECK(!follow_group(world.first, bytes, world.alice.peer()).ok());
  const KeyShare note{got->group_id, got->epoch, got->hash, Secret(1)};
  FC_CHECK(!join_group(bytes, note, world.alice.peer(), world.bob).ok());
}
