// Making and changing groups: disk writes before requests, repeated requests, and reports to the caller.
#include "client/groups/group_editor.h"

#include <gmock/gmock.h>

#include "tests/client/attached_fixture.h"

namespace fastchat::client {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class GroupEditorTest : public AttachedFixture {
 protected:
  GroupEditorTest() {
    turn_.add(look_ups_);
    turn_.add(*editor_);
    groups_ =
        GroupBook("alice", account_->secrets().identity.fpr(), [](const Bytes&, uint64_t) { return std::nullopt; });
    begin();
    EXPECT_TRUE(pins_.learn("bob", spki(1), 1).ok());
    commit();
    live();
  }

  // Begins as a new session does, with the changes that are on disk.
  void restart() {
    editor_.reset();
    editor_.emplace(turn_, server_, store_->groups(), *account_, pins_, follower_, epochs_, look_ups_, keys_, settings_,
                    events());
    ASSERT_TRUE(editor_->load().ok());
  }
  void create() {
    editor_->create("team", {"bob"}, [this](const Result<>& r) { told_.push_back(r.code()); });
  }
  void show_bob(uint64_t request) {
    feed(request, [&](auto& f) {
      v1::User& user = *f.mutable_users()->add_users();
      user.set_name("bob");
      user.set_public_key(spki(bobs_key_));
    });
  }
  // Runs a turn and answers its look-ups.
  void look_up() {
    for (const v1::ClientFrame& frame : asks()) {
      if (frame.has_get_users()) show_bob(frame.request());
    }
  }
  // Runs turns until the client sends a PutGroup, and returns it. The look-ups show bob's key.
  v1::PutGroup put() {
    for (int turn = 0; turn < 10'000; ++turn) {
      for (const v1::ClientFrame& frame : asks()) {
        if (frame.has_put_group()) {
          request_ = frame.request();
          return frame.put_group();
        }
        if (frame.has_get_users()) show_bob(frame.request());
      }
      loop_.run_once(1'000);
    }
    ADD_FAILURE() << "the server was not asked";
    return {};
  }
  void take() {
    feed(request_, [](auto& f) { f.mutable_group_stored(); });
    turn_.run();
  }
  void refuse(Code code) {
    server_.engine().on_frame(turn_.now_ms(), wire::error_frame(request_, code, "no", 0));
    turn_.run();
  }
  size_t on_disk() { return store_->groups().changes()->size(); }
  GroupEditor::Events events() {
    const auto moved = [this](const Bytes&) { return turn_.check(disk_); };
    return {[this](const Bytes&, const std::string& text, ByteView) {
              lines_.push_back(text);
              return true;
            },
            moved, moved, [this](const std::string& user, const Pin*, e2e::KeyShare) { keyed_.push_back(user); }};
  }

  PinBook pins_{store_->pins(), realm()};
  GroupFollower follower_;
  GroupBook& groups_ = follower_.book();
  GroupEpochs epochs_{turn_, store_->groups(), *account_};
  KeyLookup look_ups_{turn_,
                      server_,
                      *account_,
                      pins_,
                      {[](const auto&, const auto&) {}, [](const auto&) {}, [](const auto&) {}, [](auto) {},
                       [](const auto&, auto, const auto&) {}}};
  KeyWorker keys_{machine_};
  Settings settings_{turn_, store_->settings(), *account_, groups_};
  std::optional<GroupEditor> editor_{std::in_place, turn_,     server_, store_->groups(), *account_, pins_, follower_,
                                     epochs_,       look_ups_, keys_,   settings_,        events()};
  uint64_t request_ = 0;
  size_t bobs_key_ = 1;  // as the server shows it; 1: the pinned key
  Result<> disk_ = Unit{};
  std::vector<Code> told_;
  std::vector<std::string> lines_, keyed_;
};

TEST_F(GroupEditorTest, AGroupIsThereWhenTheServerTookIt) {
  create();
  const v1::PutGroup asked = put();
  EXPECT_EQ(asked.name(), "team");
  EXPECT_THAT(std::vector<std::string>(asked.members().begin(), asked.members().end()), ElementsAre("alice", "bob"));
  EXPECT_EQ(on_disk(), 1u);
  EXPECT_THAT(told_, IsEmpty());
  EXPECT_EQ(groups_.find_name("team"), "");
  take();
  EXPECT_THAT(told_, ElementsAre(Code::kOk));
  EXPECT_EQ(groups_.find_name("team"), asked.group_id());
  EXPECT_THAT(keyed_, ElementsAre("alice", "bob"));
  EXPECT_FALSE(lines_.empty());
  EXPECT_EQ(on_disk(), 0u);
  EXPECT_TRUE(epochs_.key(asked.group_id(), 1).ok());
}

// The answer is lost, or the client crashes before it.
TEST_F(GroupEditorTest, TheSameEpochIsAskedForAgain) {
  create();
  const v1::PutGroup first = put();
  restart();
  EXPECT_TRUE(editor_->due_before(turn_.now_ms() + 1));
  const v1::PutGroup again = put();
  EXPECT_EQ(again.state(), first.state());
  take();
  EXPECT_EQ(groups_.find_name("team"), first.group_id());
  EXPECT_EQ(on_disk(), 0u);
}

TEST_F(GroupEditorTest, ARefusedTurnTellsWhoWaitsAndLeavesNothing) {
  create();
  turn_.check(Result<>(err(Code::kLocalDisk, "full")));
  turn_.run();
  EXPECT_THAT(told_, ElementsAre(Code::kLocalDisk));
  EXPECT_EQ(on_disk(), 0u);
  EXPECT_FALSE(editor_->due_before(Loop::kNever));
  EXPECT_EQ(editor_->next_wake(), Loop::kNever);
}

TEST_F(GroupEditorTest, WhatTheServerRefusesIsToldAndOver) {
  create();
  put();
  refuse(Code::kNameNotAllowed);
  EXPECT_THAT(told_, ElementsAre(Code::kNameNotAllowed));
  EXPECT_EQ(on_disk(), 0u);
}

// The server has made the change, and the disk refuses the turn.
TEST_F(GroupEditorTest, AFullDiskAfterTheAnswerIsTold) {
  create();
  put();
  take();
  told_.clear();
  editor_->erase("team", [this](const Result<>& r) { told_.push_back(r.code()); });
  for (const v1::ClientFrame& frame : asks()) {
    if (frame.has_delete_group()) request_ = frame.request();
  }
  disk_ = err(Code::kLocalDisk, "full");
  feed(request_, [](auto& f) { f.mutable_group_deleted(); });
  turn_.run();
  EXPECT_THAT(told_, ElementsAre(Code::kLocalDisk));
}

// The limit is one for the account. A change that a caller waits for is reported; a change that no caller waits for
// stays.
TEST_F(GroupEditorTest, TooManyChangesTodayKeepWhatNobodyWaitsFor) {
  create();
  put();
  GroupEdit edit;
  edit.rename = "later";
  ASSERT_TRUE(editor_->add({}, edit, nullptr));
  turn_.run();
  ASSERT_EQ(on_disk(), 2u);
  refuse(Code::kThrottled);
  EXPECT_THAT(told_, ElementsAre(Code::kThrottled));
  EXPECT_EQ(on_disk(), 1u);
  EXPECT_FALSE(editor_->due_before(turn_.now_ms() + 60'000)) << "not before some minutes";
}

// Somebody left. Until the next epoch that person can read on, so a doubt about another member's key does not keep the
// epoch back: the epoch lists the key that the person knows.
TEST_F(GroupEditorTest, AnotherKeyOfAMemberKeepsNoLeaveBack) {
  create();
  put();
  take();
  follower_.attached();
  follower_.drained(1);
  look_ups_.attached();
  bobs_key_ = 2;
  GroupEdit edit;
  edit.rename = "later";
  ASSERT_TRUE(editor_->add(groups_.find_name("team"), edit, nullptr));
  const v1::PutGroup asked = put();
  EXPECT_EQ(asked.name(), "later");
  const auto state = e2e::restore_group(asked.state(), account_->profile().fpr);
  ASSERT_TRUE(state.ok());
  EXPECT_FALSE(pins_.get("bob")->offered_spki.empty()) << "the server shows another key";
  EXPECT_TRUE(state->lists("bob", pins_.get("bob")->key.fpr)) << "the known key";
}

// A person who waits can compare the keys, and decide.
TEST_F(GroupEditorTest, AnotherKeyOfAMemberIsToldToWhoWaits) {
  create();
  put();
  take();
  told_.clear();
  follower_.attached();
  follower_.drained(1);
  look_ups_.attached();
  bobs_key_ = 2;
  GroupEdit edit;
  edit.rename = "later";
  editor_->change("team", edit, [this](const Result<>& r) { told_.push_back(r.code()); });
  for (int turn = 0; turn < 10 && told_.empty(); ++turn) look_up();
  EXPECT_THAT(told_, ElementsAre(Code::kLocalUntrustedKey));
  EXPECT_EQ(on_disk(), 0u);
}

TEST_F(GroupEditorTest, NonsenseIsRefusedAtOnce) {
  for (const char* name : {"", "Team", "-team", "a b"}) {
    editor_->create(name, {}, [this](const Result<>& r) { told_.push_back(r.code()); });
  }
  editor_->create("team", {"No Body"}, [this](const Result<>& r) { told_.push_back(r.code()); });
  for (const auto& change : {&GroupEditor::leave, &GroupEditor::erase}) {
    (*editor_.*change)("nowhere", [this](const Result<>& r) { told_.push_back(r.code()); });
  }
  turn_.run();
  EXPECT_THAT(told_, ElementsAre(Code::kNameNotAllowed, Code::kNameNotAllowed, Code::kNameNotAllowed,
                                 Code::kNameNotAllowed, Code::kUnknownUser, Code::kUnknownGroup, Code::kUnknownGroup));
  EXPECT_EQ(on_disk(), 0u);
}

}  // namespace
}  // namespace fastchat::client
