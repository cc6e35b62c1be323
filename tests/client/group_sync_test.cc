// GroupSync: following groups, keys that arrive and are requested, and a turn that the disk refuses.
#include "client/groups/group_sync.h"

#include "tests/client/rooms_fixture.h"

namespace fastchat::client {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class GroupSyncTest : public RoomsFixture {
 protected:
  GroupSyncTest() : state_(group_of(bob(), me(), "team")) {
    begin();
    EXPECT_TRUE(sync_.load().ok());
    commit();
    live();
    sync_.attached();
  }
  template <class Has>
  uint64_t asked(Has has) {
    uint64_t out = 0;
    for (int i = 0; i < 3; ++i) {
      for (const v1::ClientFrame& frame : asks()) {
        if (has(frame)) out = frame.request();
      }
    }
    return out;
  }
  // The server lists bob's group and shows its first state.
  void listed() {
    const uint64_t list = asked([](const auto& f) { return f.has_list_groups(); });
    ASSERT_NE(list, 0u);
    feed(list, [&](auto& f) {
      v1::GroupSummary& group = *f.mutable_groups()->add_groups();
      group.set_group_id(state_.group_id);
      group.set_name("team");
      group.set_epoch(1);
    });
  }
  void shown() {
    const uint64_t get = asked([](const auto& f) { return f.has_get_group(); });
    ASSERT_NE(get, 0u);
    feed(get, [&](auto& f) {
      v1::Group& group = *f.mutable_group();
      group.add_states(state_.encoded);
      group.set_epoch(1);
      group.set_admin("bob");
      group.set_member(true);
    });
  }
  e2e::Received key_of(const e2e::GroupState& state) const {
    e2e::Received out;
    out.header.from_user = "bob";
    out.header.id.from_fpr = bob().fpr();
    out.content = e2e::KeyShare{state.group_id, 1, state.hash, tests::test_key(5).pkcs8()};
    return out;
  }
  bool on_key() {
    const e2e::Received received = key_of(state_);
    begin();
    return sync_.on_key(received, std::get<e2e::KeyShare>(received.content));
  }

  const e2e::GroupState state_;
};

// The admin's key names the state that a newcomer takes.
TEST_F(GroupSyncTest, AGroupIsThereOnceItsStateIsOnDisk) {
  ASSERT_TRUE(on_key());
  turn_.run();
  EXPECT_FALSE(groups_.has_key(state_.group_id, 1));
  EXPECT_EQ(store_->groups().key_shares()->size(), 1u);
  shown();
  EXPECT_THAT(heard_.lines, IsEmpty());
  turn_.run();
  EXPECT_THAT(heard_.take(), ElementsAre("group team"));
  EXPECT_THAT(group_lines_, Contains(HasSubstr("added you")));
  EXPECT_EQ(store_->groups().all()->size(), 1u);
  EXPECT_FALSE(groups_.find_name("team").empty());
  EXPECT_TRUE(groups_.has_key(state_.group_id, 1));
  EXPECT_TRUE(store_->groups().key_shares()->empty());
}

TEST_F(GroupSyncTest, OfARefusedTurnTheBookIsAsTheDiskHasIt) {
  ASSERT_TRUE(on_key());
  turn_.run();
  shown();
  EXPECT_FALSE(groups_.find_name("team").empty());
  refuse_turn();
  EXPECT_THAT(heard_.take(), IsEmpty());
  EXPECT_TRUE(groups_.find_name("team").empty());
  EXPECT_TRUE(store_->groups().all()->empty());
  EXPECT_EQ(store_->groups().key_shares()->size(), 1u) << "the key waits on";
}

TEST_F(GroupSyncTest, OneSenderKeepsFewKeysOfUnknownGroups) {
  begin();
  for (int i = 0; i < 80; ++i) {
    e2e::Received received = key_of(state_);
    Bytes id(32, 'g');
    id[0] = static_cast<char>(i);
    std::get<e2e::KeyShare>(received.content).group_id = id;
    ASSERT_TRUE(sync_.on_key(received, std::get<e2e::KeyShare>(received.content)));
  }
  turn_.run();
  EXPECT_EQ(store_->groups().key_shares()->size(), 64u);
}

TEST_F(GroupSyncTest, AMemberWithoutTheKeyAsksTheAdmin) {
  listed();
  shown();
  turn_.run();
  EXPECT_FALSE(groups_.has_key(state_.group_id, 1));
  EXPECT_LT(sync_.next_wake(), Loop::kNever) << "the admin is asked when the key does not come";
}

// A restored database does not have the group. The admin's device offers the state again, and reports that once.
TEST_F(GroupSyncTest, AServerThatLostAGroupIsOfferedItAgain) {
  const Bytes id = has_group("mine");
  sync_.attached();
  const auto lost = [&] {
    const uint64_t list = asked([](const auto& f) { return f.has_list_groups(); });
    feed(list, [](auto& f) { f.mutable_groups(); });
    const uint64_t get = asked([](const auto& f) { return f.has_get_group(); });
    ASSERT_NE(get, 0u);
    server_.engine().on_frame(turn_.now_ms(), wire::error_frame(get, Code::kUnknownGroup, "no such group", 0));
  };
  lost();
  v1::PutGroup offered;
  uint64_t put = 0;
  for (const v1::ClientFrame& frame : asks()) {
    if (!frame.has_put_group()) continue;
    put = frame.request();
    offered = frame.put_group();
  }
  ASSERT_NE(put, 0u);
  EXPECT_EQ(offered.group_id(), id);
  EXPECT_EQ(offered.epoch(), 1u);
  EXPECT_THAT(group_lines_, ElementsAre(HasSubstr("this device offers it again")));
  feed(put, [](auto& f) { f.mutable_group_stored(); });
  turn_.run();
  EXPECT_THAT(group_lines_, ElementsAre(HasSubstr("this device offers it again"))) << "once in a session";
}

// Neither a busy server that does not answer for the admin's key nor the end of the program may delay the message to
// the admin.
TEST_F(GroupSyncTest, TheAdminIsToldInTheTurnThatLeaves) {
  ASSERT_TRUE(on_key());
  turn_.run();
  shown();
  turn_.run();
  ASSERT_NE(pins_.get("bob"), nullptr);
  begin();
  ASSERT_TRUE(sync_.left(state_.group_id));
  EXPECT_THAT(group_sent_, Contains(HasSubstr("bob ")));
}

// The leave names a group, and is sealed for the key that the person knows. Without it the admin makes no next epoch.
TEST_F(GroupSyncTest, AnotherKeyOfTheAdminKeepsNoLeaveBack) {
  ASSERT_TRUE(on_key());
  turn_.run();
  shown();
  turn_.run();
  begin();
  ASSERT_TRUE(pins_.learn("bob", spki(2), 1).ok());
  ASSERT_FALSE(pins_.get("bob")->offered_spki.empty());
  ASSERT_TRUE(sync_.left(state_.group_id));
  EXPECT_THAT(group_sent_, Contains(HasSubstr("bob ")));
}

// The request names a group and an epoch, and is sealed for the key that the person knows. Without the answer this
// device reads nothing of the group.
TEST_F(GroupSyncTest, AnotherKeyOfTheAdminKeepsNoRequestBack) {
  listed();
  shown();
  turn_.run();
  begin();
  ASSERT_TRUE(pins_.learn("bob", spki(1), 1).ok());
  ASSERT_TRUE(pins_.learn("bob", spki(2), 1).ok());
  ASSERT_FALSE(pins_.get("bob")->offered_spki.empty());
  commit();
  EXPECT_THAT(group_sent_, IsEmpty()) << "the admin's device may send the key by itself";
  machine_.later_us += (sync_.next_wake() - turn_.now_ms()) * 1'000;
  turn_.run();
  EXPECT_THAT(group_sent_, ElementsAre(HasSubstr("bob ")));
}

TEST_F(GroupSyncTest, OnlyTheAdminGivesKeysToMembers) {
  const Bytes id = has_group("mine");
  e2e::Received received;
  received.header.from_user = "bob";
  received.header.id.from_fpr = bob().fpr();
  begin();
  sync_.on_key_request(received, {id, 1});
  EXPECT_THAT(group_sent_, ElementsAre(HasSubstr("bob ")));
  group_sent_.clear();
  received.header.from_user = "mallory";
  sync_.on_key_request(received, {id, 1});
  EXPECT_THAT(group_sent_, IsEmpty());
}

}  // namespace
}  // namespace fastchat::client
