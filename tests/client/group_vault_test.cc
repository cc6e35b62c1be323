// Groups in the vault: the groups that a second terminal gets, and the room that strangers' groups may take.
#include "client/vault/group_vault.h"

#include <gmock/gmock.h>

#include "tests/client/profile_fixture.h"

namespace fastchat::client {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class GroupVaultTest : public ProfileFixture {
 protected:
  GroupVaultTest() {
    log_in();
    begin();
    groups_ = GroupBook("alice", me().fpr(), [](const Bytes&, uint64_t) { return std::nullopt; });
  }
  ~GroupVaultTest() override { store_.reset(); }

  const e2e::Identity& me() const { return account_->secrets().identity; }
  static e2e::Identity bob() { return e2e::Identity(realm(), "bob", {tests::test_key(1)}); }
  static const e2e::KeyPair& epoch_key() { return tests::test_key(5); }

  // Makes a group of `admin` and this user. `more` members without accounts make its state long.
  e2e::GroupState make(const e2e::Identity& admin, const std::string& name, size_t more = 0) const {
    std::vector<e2e::GroupMember> members = {{"alice", me().fpr()}, {"bob", bob().fpr()}};
    for (size_t i = 0; i < more; ++i) {
      const std::string number = std::to_string(100'000 + i);
      members.push_back({"someone-" + number, Bytes(26, 'f') + number});
    }
    return e2e::create_group(admin, name, std::move(members), epoch_key().public_key()).value();
  }
  // Gives this device the state and the epoch key, as if it had followed the group so far.
  Bytes has(const e2e::GroupState& state) {
    EXPECT_TRUE(epochs_.put(state, epoch_key().pkcs8().view()));
    groups_.adopt(state, epoch_key());
    return state.group_id;
  }
  // Returns the groups of a new terminal of the same user: none.
  GroupFollower fresh_groups() {
    return GroupFollower(GroupBook("alice", me().fpr(), [](const Bytes&, uint64_t) { return std::nullopt; }));
  }
  static std::vector<std::string> names(const GroupBook& book) {
    std::vector<std::string> out;
    for (const GroupInfo& info : book.all()) out.push_back(info.name);
    return out;
  }
  GroupVault vault(GroupFollower& groups) {
    return GroupVault(turn_, store_->messages(), *account_, pins_, groups, epochs_, [this](const Bytes& id) {
      moved_.push_back(id);
      return true;
    });
  }

  Loop loop_;
  LoopMachine machine_{loop_};
  Turn turn_{machine_, *store_, [](const Error&) {}};
  PinBook pins_{store_->pins(), realm()};
  GroupFollower follower_;
  GroupBook& groups_ = follower_.book();
  GroupEpochs epochs_{turn_, store_->groups(), *account_};
  std::vector<Bytes> moved_;
};

TEST_F(GroupVaultTest, ASecondTerminalHasTheGroupAndItsKey) {
  const Bytes id = has(make(me(), "team"));
  e2e::VaultContent content;
  vault(follower_).write(content);
  ASSERT_EQ(content.groups_size(), 1);
  EXPECT_EQ(content.groups(0).pkcs8(), Bytes(epoch_key().pkcs8().view()));

  GroupFollower second = fresh_groups();
  EXPECT_FALSE(*vault(second).merge(content)) << "nothing to add";
  EXPECT_THAT(names(second.book()), ElementsAre("team"));
  EXPECT_TRUE(second.book().has_key(id, 1));
  EXPECT_THAT(moved_, ElementsAre(id));
}

TEST_F(GroupVaultTest, AGroupThatTheVaultLacksIsSaid) {
  has(make(me(), "team"));
  EXPECT_TRUE(*vault(follower_).merge({}));
  GroupFollower nothing = fresh_groups();
  EXPECT_FALSE(*vault(nothing).merge({}));
}

TEST_F(GroupVaultTest, OfAKnownGroupOnlyTheKeyIsTaken) {
  const e2e::GroupState state = make(bob(), "team");
  has(state);
  e2e::VaultContent content;
  vault(follower_).write(content);
  GroupFollower second = fresh_groups();
  second.book().adopt(state, std::nullopt);
  EXPECT_FALSE(second.book().has_key(state.group_id, 1));
  ASSERT_TRUE(vault(second).merge(content).ok());
  EXPECT_THAT(moved_, ElementsAre(state.group_id)) << "its key is to be tried";
  EXPECT_EQ(second.take_keys(state.group_id, pins_, me()).size(), 1u);
}

TEST_F(GroupVaultTest, WhatIsNoGroupIsRefused) {
  e2e::VaultContent content;
  content.add_groups()->set_state("nonsense");
  EXPECT_EQ(vault(follower_).merge(content).code(), Code::kLocalCrypto);
}

// Anybody can list this user in groups of a thousand.
TEST_F(GroupVaultTest, StrangersFillTheirRoomAlone) {
  size_t bytes = 0;
  for (int i = 0; i < 4; ++i) {
    const e2e::GroupState big = make(bob(), "big" + std::to_string(i), 700);
    bytes += big.encoded.size();
    has(big);
  }
  ASSERT_GT(bytes, GroupVault::kStrangersRoom);
  has(make(me(), "mine", 700));
  e2e::VaultContent content;
  vault(follower_).write(content);
  size_t strangers = 0;
  std::vector<std::string> mine;
  for (const v1::content::VaultGroup& group : content.groups()) {
    const auto state = e2e::restore_group(group.state(), group.signer_fpr());
    ASSERT_TRUE(state.ok());
    if (state->admin_user() == "alice") {
      mine.push_back(state->name);
    } else {
      strangers += state->encoded.size();
    }
  }
  EXPECT_THAT(mine, ElementsAre("mine"));
  EXPECT_GT(strangers, 0u);
  EXPECT_LE(strangers, GroupVault::kStrangersRoom);
}

// A person whose key this user has accepted is no stranger.
TEST_F(GroupVaultTest, GroupsOfAcceptedPeopleAreNoStrangers) {
  ASSERT_TRUE(pins_.learn("bob", tests::test_key(1).public_key().spki(), 1).ok());
  ASSERT_TRUE(pins_.mark_verified("bob").ok());
  for (int i = 0; i < 4; ++i) has(make(bob(), "big" + std::to_string(i), 700));
  e2e::VaultContent content;
  vault(follower_).write(content);
  EXPECT_EQ(content.groups_size(), 4);
}

}  // namespace
}  // namespace fastchat::client
